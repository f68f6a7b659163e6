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
class Part:
    """A part of a cause, by one dimension more.

    segment        the cause's dimensions and one more -> value
    contribution   what of the cause's contribution it brought, in share; parts by one dimension add up, to rounding
    numerator_before, denominator_before, numerator_after, denominator_after    as counted, of the records that no
                   other cause of its kind holds
    """

    segment: Segment
    contribution: float
    numerator_before: float
    denominator_before: float
    numerator_after: float
    denominator_after: float


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
    parts           the few parts that brought most of it, of all dimensions that it leaves open, largest first
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
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True)
class Settings:
    """What a segment had to pass, besides alpha, to be named.

    later_alpha         of alpha: what the p of a second and further cause by rate has to be under
    later_size          of the largest contribution: what a second and further cause by rate has to bring
    least_information   denominator * rate * (1 - rate) that a segment needs on either side to be looked at
    mix_points          contribution that a cause by mix has to bring, in share (0.001 is a tenth of a point)
    mix_part            of the whole mix effect: what it has to bring
    mix_move            of its larger share: how far its share has to move
    """

    later_alpha: float
    later_size: float
    least_information: float
    mix_points: float
    mix_part: float
    mix_move: float


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
    p               of this search as one test: the smallest adjusted p of all that was looked at, named or not (of
                    shares, only those that moved the whole far enough to be named); 1 where nothing was
    depth           dimensions that a segment may combine
    noise           what p and intervals hold beyond chance: nothing, days, clusters or both
    settings        what a segment had to pass to be named
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
    p: float = 1.0
    depth: int = 0
    noise: Literal["chance", "days", "clusters", "days and clusters"] = "chance"
    settings: Settings | None = None
