"""`paribus plan`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from math import prod
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paribus.cli.options import (
    AsJson,
    Home,
    Quick,
    Seeds,
    Settings,
    StudyName,
    Trust,
    Workers,
    print_json,
    settings_with,
)

if TYPE_CHECKING:
    from rich.table import Table

    from paribus.freezing import FrozenPlan
    from paribus.planning import Plan
    from paribus.running.forecast import Forecast, SearchForecast


def plan(
    study: StudyName,
    home: Home = None,
    workers: Workers = None,
    seeds: Seeds = None,
    settings: Settings = [],  # noqa: B006  (typer wants a list; it is never changed)
    quick: Quick = False,
    freeze: Annotated[
        bool, typer.Option("--freeze", help="Write what will be tested into NAME.frozen.yaml, before it trains.")
    ] = False,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Say what a study would train, what is stored already, and how long the rest takes."""
    from paribus.study import Study

    opened = Study.open(study, settings_with(settings, seeds), trust=trust)
    opened = opened.quick() if quick else opened
    forecasts = opened.plan(home, workers)
    frozen = opened.freeze(forecasts) if freeze else None
    if forecasts[0].plan.study.name == opened.name:
        print_json(_values(forecasts[0])) if as_json else _print(forecasts[0])
    elif as_json:
        print_json(_together(opened.name, [_values(ahead) for ahead in forecasts]))
    else:
        for ahead in forecasts:
            typer.echo(f"{ahead.plan.study.name}\n")
            _print(ahead)
            typer.echo()
    if frozen:
        typer.echo(_frozen(frozen), err=as_json)


def _frozen(frozen: FrozenPlan) -> str:
    """Where the plan is frozen, and whether runs were stored before."""
    content = frozen.content
    runs = sum(part["runs"] for part in content["data"])
    done = "Frozen" if frozen.is_new else f"Frozen already, at {content['time']}"
    text = f"{done}: {frozen.path} (sha256 {content['hash'][:12]}…)."
    if not content["already_stored"]:
        return text
    return (
        f"{text}\nalready_stored: {content['already_stored']} of {runs} runs. A plan frozen after a look is worth less."
    )


def _values(ahead: Forecast) -> dict[str, Any]:
    plan, waits, search = ahead.plan, ahead.tuned, ahead.search
    return {
        "study": plan.study.name,
        "runs": len(plan.keys),
        "stored": len(ahead.stored),
        "seconds": round(ahead.time_s + (search.time_s if search else 0.0), 1),
        "variants": [
            {
                "name": name,
                "parameters": None if name in waits else ahead.parameters[name],
                "recipe": None if name in waits else recipe.model_dump(mode="json"),
                "seeds": {run.seed: None if name in waits else run.key for run in plan.runs if run.variant == name},
            }
            for name, recipe in plan.variants.items()
        ],
        "cohorts": [
            keys for cohort in plan.cohorts if (keys := [run.key for run in cohort if run.variant not in waits])
        ],
        "search": search and _search_values(search),
    }


def _search_values(search: SearchForecast) -> dict[str, Any]:
    return {
        "algorithm": search.algorithm,
        "trials": search.trials,
        "brackets": [[asdict(rung) for rung in rungs] for rungs in search.brackets],
        "epochs": search.epochs,
        "seconds": round(search.time_s, 1),
        "stored": search.stored,
    }


def _together(name: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The plans of several data sets, and their totals."""
    sums = {key: sum(part[key] for part in parts) for key in ("runs", "stored", "seconds")}
    return {"study": name, **sums, "parts": parts}


def _print(ahead: Forecast) -> None:
    from paribus.cli.console import new_console
    from paribus.planning import num_asked

    console, plan = new_console(), ahead.plan
    console.print(_variants(ahead))
    uses = num_asked((level.variants for level in plan.levels), (run.variant for run in plan.runs))
    runs = len(plan.keys)
    shared = f" ({uses - runs} more are shared between levels)" if uses > runs else ""
    console.print(f"\n{runs} runs{shared} in {len(plan.cohorts)} cohorts, {len(ahead.stored)} stored.")
    for line in _remarks(ahead):
        console.print(line, soft_wrap=True)


def _variants(ahead: Forecast) -> Table:
    """One row per variant: the levels it stands for, its parameters, and what is stored of it."""
    from rich.table import Table

    plan = ahead.plan
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column, justify in (("variant", "left"), ("levels", "left"), ("parameters", "right"), ("stored", "right")):
        table.add_column(column, justify=justify)  # pyright: ignore[reportArgumentType]
    for name in plan.variants:
        levels = [f"{level.factor}={level.label}" for level in plan.levels if name in level.variants and level.factor]
        keys = [run.key for run in plan.runs if run.variant == name]
        stored = sum(key in ahead.stored for key in keys)
        text = ", ".join(levels)
        crossed = len(levels) > 1 and text == name  # the name says it all
        parameters = "not known yet" if name in ahead.tuned else f"{ahead.parameters[name]:,}"
        table.add_row(name, "" if crossed else text, parameters, f"{stored} of {len(keys)}")
    return table


def _remarks(ahead: Forecast) -> Iterator[str]:
    """What the search and the remaining runs cost, and what is special about the study."""
    from paribus.comparison.caveats import CAVEATS
    from paribus.execution import duration

    plan, looks = ahead.plan, ahead.plan.study.looks
    basis = "from runs stored here" if ahead.measured else "a rough guess: no run is stored here yet"
    if ahead.search:
        yield _search(ahead, ahead.search, basis)
    left = len(plan.keys - ahead.stored)
    yield f"{left} to train: about {duration(ahead.time_s)} ({basis})." if left else "Nothing to train."
    if len(looks) > 1:
        most = len(plan.keys) // looks[0] * looks[-1]
        yield f"What is undecided then gets more seeds, up to {looks[-1]}: {most} runs at most."
    if plan.study.quick_look:
        yield f"{plan.study.name} is {CAVEATS['C14']}."
    yield from (_crossing(plan, group) for group in plan.study.groups() if len(group) > 1)


def _search(ahead: Forecast, search: SearchForecast, basis: str) -> str:
    """What a search costs, and what waits for it."""
    from paribus.execution import duration

    brackets = [", ".join(f"{rung.trials} × {rung.epochs}" for rung in rungs) for rungs in search.brackets]
    once = list(dict.fromkeys(brackets))
    times = f", each {len(brackets) // len(once)} times" if len(brackets) > len(once) else ""
    schedule = f"{search.trials} trials, trials × epochs: {'; '.join(once)}{times}"
    text = f"Search first ({search.algorithm}): {schedule}. "
    if search.stored:
        return text + "It is stored."
    waiting = f" {', '.join(sorted(ahead.tuned))}: not known before." if ahead.tuned else ""
    return text + f"At most {search.epochs:,} epochs: about {duration(search.time_s)} ({basis}).{waiting}"


def _crossing(plan: Plan, group: tuple[str, ...]) -> str:
    """What a crossing costs, beside the same factors varied one at a time."""
    sizes, seeds = [len(plan.study.factors[name].levels) for name in group], plan.study.looks[0]
    num, alone = prod(sizes), 1 + sum(size - 1 for size in sizes)
    return (
        f"Crossing {' × '.join(group)} takes {' × '.join(map(str, sizes))} = {num} variants, {num * seeds} runs; "
        f"one at a time around their references they would take {alone} variants, {alone * seeds} runs."
    )
