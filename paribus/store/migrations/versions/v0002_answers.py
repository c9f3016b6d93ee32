"""The answers of a run beside its row; those of older runs are in their files."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make room for them."""
    op.add_column("runs", sa.Column("answers", sa.LargeBinary, nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("runs", "answers")
