"""What a search for causes gives: which segments moved the whole, by how much, how sure, and what stood in the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Segment = dict[str, str]


@dataclass(frozen=True)
class Check:
    """Something about the input that a reader of the causes has to know.

    key      what it is, for a sentence in any language:
             empty_period                 period; nothing in its denominator, so there is no change
             no_days                      days are not known, so p and intervals hold chance only
             few_days                     before, after; too few to learn from, so p and intervals hold chance only
             uneven_weekdays              before, after (days); weekdays weigh differently, so they may show as change
             numerator_above_denominator  rows; they are counted as they are
             too_small                    no segment has enough on both sides to be looked at
    values   what the sentence needs
    """

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Cause:
    """A segment that moved the whole.

    segment         dimension -> value; empty for everything
    kind            "rate": its own rate moved; "mix": its share of the denominators moved
    contribution    what it brought to the change of the whole, in share (0.01 is one point), with `low` and `high`;
                    of the records that no other cause of its kind holds
    p               two-sided, adjusted for all segments looked at
    numerator_before, denominator_before, numerator_after, denominator_after    as counted
    rate_before, rate_after             as counted, null where the denominator is 0
    adjusted_before, adjusted_after     the rates it would have had, had its own mix stayed the same
    share_before, share_after           of the whole's denominator
    dispersion      what its intervals count as one case; 1 where unknown
    aliases         other segments, as short or shorter, with over 90 % of the same records
    """

    segment: Segment
    kind: Literal["rate", "mix"]
    contribution: float
    low: float
    high: float
    p: float
    numerator_before: float
    denominator_before: float
    numerator_after: float
    denominator_after: float
    rate_before: float
    rate_after: float
    adjusted_before: float
    adjusted_after: float
    share_before: float
    share_after: float
    dispersion: float
    aliases: list[Segment] = field(default_factory=list)


@dataclass(frozen=True)
class Causes:
    """What moved a rate between two periods.

    causes          most important first: what moved the whole furthest
    quiet           no cause was found; then `smallest` says what would have been
    checks          what was wrong with the input, or weak
    change          of the whole, in share; exactly mix_effect + rate_effect; null where a period is empty
    mix_effect      what the mix of all dimensions brought, at one baseline rate for each leaf
    rate_effect     what the rates brought
    dispersion      of the whole over its days, 1 where unknown
    looked_at       segments that had enough on both sides
    smallest        the change of the whole that four searches of five would have seen; null where nothing was looked at
    unexplained     change less all contributions, in share
    """

    causes: list[Cause]
    quiet: bool
    checks: list[Check]
    change: float
    mix_effect: float
    rate_effect: float
    numerator_before: float
    denominator_before: float
    numerator_after: float
    denominator_after: float
    rate_before: float
    rate_after: float
    alpha: float
    dispersion: float
    looked_at: int
    smallest: float
    unexplained: float
