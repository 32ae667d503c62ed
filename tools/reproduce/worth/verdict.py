"""One sentence: is pre-training here better than what there was before?"""

import math

from .measures import Measure
from .results import Comparison, Results


def verdict(
    results: Results, measure: Measure, held_out_in_pretraining: bool = False
) -> str:
    """Return the sentence on the largest share of the labels.

    A difference counts only if its 95 % interval excludes zero.

    Args:
        results (Results): The results.
        measure (Measure): The deciding measure.
        held_out_in_pretraining (bool): Whether what is pre-trained here has seen the
            images that it is measured on. Defaults to False.

    Returns:
        str: One sentence.
    """
    share = max(results.shares)
    clauses = []
    for start in results.starts:
        found = [
            each
            for each in results.comparisons()
            if (each.start, each.measure, each.share) == (start, measure, share)
        ]
        if found:
            clauses.append(f'{start.label} is ' + ' and '.join(map(clause, found)))
    if not clauses:
        return f'No pre-trained starting point has a value of {measure.label} yet.'
    seeds = {len(results.values(s, measure, share)) for s in results.starts} - {0}
    number = min(seeds)
    how = (
        'one seed, for which no interval is possible: run more --seeds'
        if number == 1
        else f'{number} seeds, paired, 95 % intervals'
    )
    if held_out_in_pretraining:
        how += '; held-out images were in pre-training'
    return (
        f'By {measure.method} with {share:g} % of the labels, {"; ".join(clauses)} '
        f'({how}).'
    )


def clause(found: Comparison) -> str:
    """Return what is known about a difference.

    Examples:
        >>> from worth.measures import IN_CONTEXT
        >>> from worth.starts import Start
        >>> random = Start('random', 'random', 'random', False)
        >>> clause(Comparison(random, random, IN_CONTEXT, 100, 3.14, 0.9, 3))
        'better by 3.1 ± 0.9 mIoU than random'
        >>> clause(Comparison(random, random, IN_CONTEXT, 100, 0.44, 1.2, 3))
        'not distinguishable from random (+0.4 ± 1.2 mIoU)'
    """
    unit, baseline, decimals = found.measure.unit, found.baseline.label, found.decimals
    size, width = f'{abs(found.difference):.{decimals}f}', found.half_width
    if math.isnan(width):
        return f'{_direction(found)} by {size} {unit} than {baseline}'
    if not found.distinguishable:
        return (
            f'not distinguishable from {baseline} ({found.difference:+.{decimals}f} ± '
            f'{width:.{decimals}f} {unit})'
        )
    return (
        f'{_direction(found)} by {size} ± {width:.{decimals}f} {unit} than {baseline}'
    )


def _direction(found: Comparison) -> str:
    return 'better' if found.difference > 0 else 'worse'
