"""Kinds of layers that a study file can list. None imports torch.

A kind is a function whose arguments are the layer's options; the first, if it may be given by place, is the one that a
short form gives: `{dense: 512}`. It returns the layer on paper, or None where the options come to no layer at all.
"""
