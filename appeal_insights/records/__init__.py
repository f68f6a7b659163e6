"""What happened: records and counted figures, taken in, checked and kept."""

import pandas as pd

# Where pyarrow is installed, pandas holds text by it; that knows no halves of characters, not even to look for them,
# and files bring them. It is set for the whole process, because tables go from one step to the next; what a text says,
# and how it compares, is the same either way.
pd.set_option("mode.string_storage", "python")
