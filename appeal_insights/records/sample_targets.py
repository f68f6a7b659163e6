"""The made-up targets of the sample, as a file of targets looks: teams as owners, none with a gap or an overlap."""

import pandas as pd

COLUMNS = (
    "target_id", "metric", "definition_version", "scope", "value", "direction", "valid_from", "valid_to", "owner",
    "approved_by",
)  # fmt: skip
START, HALF = "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"  # of the year, and of its second half
APPEALS, ENFORCEMENT = "Appeals operations", "Enforcement quality"
REVIEW, RULE = "Annual planning review", "Regulation (EU) 2022/2065, article 20(6)"

ROWS = (
    ("TG-001", "overturn_rate", "1", "", "0.48", "at_most", START, HALF, ENFORCEMENT, REVIEW),
    ("TG-002", "overturn_rate", "1", "", "0.45", "at_most", HALF, "", ENFORCEMENT, "Half-year review"),
    ("TG-003", "overturn_rate", "1", "complaint_type=service", "0.35", "at_most", START, "", ENFORCEMENT, REVIEW),
    ("TG-004", "overturn_rate", "1", "complaint_type=account", "0.5", "at_most", START, "", ENFORCEMENT, REVIEW),
    ("TG-005", "overturn_rate", "1", "complaint_type=art16_no_action,art16_no_action_tf", "0.2", "at_most",
     START, "", "Notice handling", REVIEW),
    ("TG-006", "turnaround", "1", "", "0.15", "at_most", START, "", APPEALS, REVIEW),
    ("TG-007", "turnaround", "1", "complaint_type=account", "0.25", "at_most", START, "", APPEALS, REVIEW),
    ("TG-008", "omitted_share", "1", "", "0.05", "at_most", START, "", APPEALS, REVIEW),
    ("TG-009", "not_solely_automated_share", "1", "", "1", "at_least", START, "", "Compliance", RULE),
)  # fmt: skip


def targets() -> pd.DataFrame:
    """The rows of the sample's targets.csv, every one a text."""
    return pd.DataFrame(list(ROWS), columns=list(COLUMNS), dtype="str")
