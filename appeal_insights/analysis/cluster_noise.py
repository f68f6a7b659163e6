"""What clusters add to the noise of every segment, from sums over the clusters of single values."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from appeal_insights.analysis.counts import FloatArray, read_numbers, require_columns, require_filled
from appeal_insights.analysis.dispersion import OF_CLUSTER_DAYS, OF_CLUSTERS, Sums
from appeal_insights.analysis.lattice import Lattice
from appeal_insights.analysis.leaves import BLANK, Leaves
from appeal_insights.errors import BadTable

# Degrees of freedom that the whole counts for in what is said of a single value: one of as many clusters is believed
# half. The clusters of a thin value tell little of how alike clusters are.
WORTH_OF_WHOLE = 100.0
# Records in the cluster of a record, on average, from which a bulk action is likely among them: several appeals of one
# enforcement are fewer.
LARGE = 4.0


@dataclass(frozen=True)
class ClusterNoise:
    """What records that share a cluster add to the variance of a segment's rate.

    more      of each segment: in parts of the variance that independent cases would have, 0 or more
    degrees   of each segment: degrees of freedom behind it
    shared    of each segment: the same for its share of all records, which clusters move as a whole
    """

    more: FloatArray
    shared: FloatArray
    degrees: FloatArray


def learn_cluster_noise(
    clusters: pd.DataFrame, lattice: Lattice, leaves: Leaves, *, before: object, after: object, beyond_days: bool
) -> ClusterNoise:
    """Learn what clusters add to the noise of every segment.

    A segment of several dimensions takes the largest of its values, each drawn towards the whole by as few clusters as
    it has. Where clusters are large and no days are known, all that its values have may be in the one combination, so
    as much is added to it as the smallest of its values leaves possible.

    Takes   clusters: as `find_causes` does. beyond_days: whether the days are known, which see what the records of a
            cluster on one day share; then only what clusters add from one day to another counts.
    """
    values = _values(clusters, before=before, after=after, beyond_days=beyond_days)
    place_of = {key: place for place, key in enumerate(values.index)}
    if ("", "") not in place_of:
        raise BadTable.of("table.blank", row="", name="dimension")
    whole = values.iloc[place_of["", ""]]
    concentrated = not beyond_days and whole["members"] > LARGE
    size = lattice.totals(leaves.denominator.sum(axis=0)[np.newaxis, :])[0]
    result = {name: np.where(lattice.layer == 0, whole[name], -np.inf) for name in ("more", "shared")}
    degrees, most = np.full(lattice.size, float(whole["degrees"])), np.full(lattice.size, np.inf)
    for place, (name, names) in enumerate(zip(leaves.by, leaves.values, strict=True)):
        where = np.flatnonzero(np.array([place in dims for dims in lattice.groupings])[lattice.grouping])
        found = np.array([place_of.get((name, one), -1) for one in names], dtype=np.int64)
        of = np.where(found >= 0, values["degrees"].to_numpy()[found], 0.0)
        codes = lattice.codes[place, lattice.leaf[where]]
        for column, sofar in result.items():
            own = np.where(found >= 0, values[column].to_numpy()[found], 0.0)
            drawn = (own * of + whole[column] * WORTH_OF_WHOLE) / (of + WORTH_OF_WHOLE)
            if column == "more":
                higher = drawn[codes] > sofar[where]
                degrees[where[higher]] = (of + min(WORTH_OF_WHOLE, float(whole["degrees"])))[codes][higher]
                total = own * np.where(found >= 0, values["denominator"].to_numpy()[found], 0.0)
                most[where] = np.minimum(most[where], total[codes])
            sofar[where] = np.maximum(sofar[where], drawn[codes])
    if concentrated:
        several = lattice.layer > 1
        result["more"] = np.where(several, np.maximum(result["more"], most / np.maximum(size, 1.0)), result["more"])
    return ClusterNoise(np.maximum(result["more"], 0.0), np.maximum(result["shared"], 0.0), np.maximum(degrees, 1.0))


def _values(clusters: pd.DataFrame, *, before: object, after: object, beyond_days: bool) -> pd.DataFrame:
    """What clusters add to each single value and the whole, by dimension and segment.

    Gives   more, shared and degrees as ClusterNoise has them; members: records of the cluster of a record, on average;
            denominator of both periods.
    """
    require_columns(clusters, ("dimension", "segment", "period"))
    require_filled(clusters, "period")
    rows = clusters[clusters["period"].isin([before, after])].reset_index(drop=True)
    filled = {"dimension": rows["dimension"].astype(object).fillna(""), "period": rows["period"]}
    names = pd.DataFrame(filled | {"segment": rows["segment"].astype(object).fillna(BLANK)})
    if names.duplicated().any():
        raise BadTable.of("table.period_twice", period=str(names.loc[names.duplicated(), "period"].iloc[0]))
    keys = [names["dimension"].astype(str), names["segment"].astype(str)]
    value, degrees = _over(rows, keys, OF_CLUSTERS)
    same: pd.Series[float] | float = 1.0
    within = rows["denominator"]
    if beyond_days and OF_CLUSTER_DAYS[0] in rows:
        same, within = _over(rows, keys, OF_CLUSTER_DAYS)[0], rows[OF_CLUSTER_DAYS[2]]
    sums = pd.DataFrame({"nn": rows[OF_CLUSTERS[2]], "within": within, "d": rows["denominator"]}).groupby(keys).sum()
    return pd.DataFrame(
        {
            "more": (value - same).fillna(0.0).clip(lower=0.0),
            "shared": (sums["nn"] - sums["within"]) / sums["d"].where(sums["d"] > 0, 1),
            "members": sums["nn"] / sums["d"].where(sums["d"] > 0, 1),
            "degrees": degrees,
            "denominator": sums["d"],
        }
    )


def _over(
    rows: pd.DataFrame, keys: list["pd.Series[str]"], names: Sums
) -> tuple["pd.Series[float]", "pd.Series[float]"]:
    """Dispersion and degrees of freedom of each single value, as `dispersion_over_clusters` has them of one."""
    n, d, xx, xn, nn = read_numbers(rows, "numerator", "denominator", *names)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = n / d
        variance = rate * (1 - rate) * d / (d - 1)
        free = 1 - nn / d**2
        tells = (d > 1) & (rate > 0) & (rate < 1) & (free > 0)
        parts = {
            "squares": xx - 2 * rate * xn + rate**2 * nn,
            "expected": variance * d * free,
            "noise": variance**2 * nn * free,
        }
    table = pd.DataFrame({name: np.where(tells, part, 0.0) for name, part in parts.items()}, index=rows.index)
    sums = table.groupby(keys).sum()
    expected = sums["expected"].where(sums["expected"] > 0)
    return sums["squares"] / expected, (expected**2 / sums["noise"]).fillna(0.0)
