"""The same calls from the shell: sample, ingest, query, run, export, lab, and demo, which does them all once."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any

import typer

from appeal_insights.cli_alerts import alerts
from appeal_insights.errors import AppealInsightsError, BadInput, BadParameter
from appeal_insights.records.workspace import Workspace, find_workspace

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Insights for appeals and moderation: from records to a dated report.",
)

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="The folder with notebooks/ and data/; the nearest one upward if not given."),
]
StoreOption = Annotated[str, typer.Option("--store", help="The name of a store in data/store.")]
DEMO_PERIODS = {"before": "2026-W40..2026-W43", "after": "2026-W44..2026-W46"}
ROOT_CAUSE, DRIFT = "02_overturn_root_cause", "03_accuracy_drift"
_SOURCES = sorted(
    file.name.removesuffix(".toml") for file in files("appeal_insights.records").joinpath("sources").iterdir()
)
INTERRUPTED = 130  # the exit code that shells give for Ctrl-C
cases = typer.Typer(no_args_is_help=True, help="Read cases of a cause one by one: draw them, then take them back in.")
app.add_typer(cases, name="cases")
app.add_typer(alerts, name="alerts")


def main() -> None:
    """The command. An error that is meant for a reader is one sentence or two, and exit code 1."""
    # A checker of web addresses that no schema here uses builds its parsers for a second when first imported.
    # Marking it absent is what its caller allows for; libraries that we are imported into are left alone.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    try:
        app()
    except AppealInsightsError as error:
        typer.secho(str(error), err=True, fg=typer.colors.RED)
        _say_notes(error)
        sys.exit(1)


@app.command()
def sample(
    folder: Annotated[
        Path | None, typer.Argument(help="Where to write it; data/sample of the workspace if not given.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed is another sample.")] = 7,
    weeks: Annotated[int, typer.Option(help="Weeks of decisions.")] = 26,
    appeals: Annotated[int, typer.Option(help="Appeals in all.")] = 30_000,
    scenario: Annotated[
        str,
        typer.Option(help="planted; quiet; one cause, like outage; accuracy_drift: audits; service_levels: promises."),
    ] = "planted",
    workspace: WorkspaceOption = None,
) -> None:
    """Make up appeals, enforcements, audits and known events with planted causes; the truth is in a file of its own."""
    from appeal_insights.records.sample import write_sample

    place = folder or find_workspace(workspace).sample
    made = write_sample(place, seed=seed, weeks=weeks, appeals=appeals, scenario=scenario)
    names = ", ".join(sorted(path.name for path in made.iterdir() if path.is_file()))
    typer.echo(f"Wrote {names} to {made}.")


@app.command()
def ingest(
    file: Annotated[
        str,
        typer.Argument(
            help="CSV, Parquet or a workbook; a folder of them, all taken in or none; or postgresql://user@host/database."
        ),
    ],
    store: Annotated[str, typer.Option("--store", help="The name of a store in data/store; not with --suggest.")] = "",
    mapping: Annotated[
        str,
        typer.Option(help=f"A mapping file (.toml), or the name of one that the package has: {', '.join(_SOURCES)}."),
    ] = "",
    fact: Annotated[
        str,
        typer.Option(
            help="What the rows are without a mapping file: appeals, enforcements, audits, gold, strata, tickets, "
            "status_log, staffing, disputes, sla_policies, known_events or targets."
        ),
    ] = "appeals",
    loaded_at: Annotated[
        str, typer.Option(help="The instant of this load (2026-11-16T06:00:00Z); now if not given.")
    ] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Say what would become of the rows, and change nothing.")
    ] = False,
    table: Annotated[str, typer.Option(help="Of a database: the table to read, schema.table.")] = "",
    query: Annotated[str, typer.Option(help="Of a database: the select to read instead.")] = "",
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Write a first mapping file beside the file, and take nothing in.")
    ] = False,
    language: Annotated[str, typer.Option(help="Of the suggested file's remarks: en or zh-CN.")] = "en",
    workspace: WorkspaceOption = None,
) -> None:
    """Take a file in: records, or already counted figures. Every row ends in the store or among the rejects."""
    if suggest:
        _suggest(file, fact, language)
        return
    if not store:
        raise BadParameter("Into which store? Add --store NAME.")
    place = find_workspace(workspace)
    with _rows_of(file, place.store(store), table=table, query=query) as path:
        _take_in(path, place, store, mapping=mapping, fact=fact, loaded_at=loaded_at, check=check)


@app.command()
def query(
    name: Annotated[
        str, typer.Argument(help="trend, breakdown, before_after, by_day, known_events, loads or rejects.")
    ],
    store: StoreOption,
    metric: Annotated[str, typer.Option(help="What to count.")] = "overturn_rate",
    by: Annotated[str, typer.Option(help="Dimensions: market,policy.")] = "",
    during: Annotated[str, typer.Option(help="A period: 2026-W40..2026-W46.")] = "",
    every: Annotated[str, typer.Option(help="Of a trend: day, week, month, quarter, half-year or year.")] = "",
    before: Annotated[str, typer.Option(help="Of before_after: the earlier period.")] = "",
    after: Annotated[str, typer.Option(help="Of before_after: the later period.")] = "",
    where: Annotated[str, typer.Option(help="Which records: market=DE,AT; queue=live.")] = "",
    basis: Annotated[str, typer.Option(help="decision, submission or enforcement; the metric's own if not said.")] = "",
    over: Annotated[str, typer.Option(help="Of durations: beyond so many hours a record is late.")] = "",
    most: Annotated[str, typer.Option(help="Of records: how many are listed at most.")] = "",
    as_of: Annotated[str, typer.Option(help="What was known at this instant; the newest load if not given.")] = "",
    form: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    show_sql: Annotated[bool, typer.Option("--show-sql", help="Print the query's text instead of its answer.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Answer an ad-hoc question, every rate with numerator, denominator and interval."""
    from appeal_insights.findings import answer
    from appeal_insights.reports.tables import write_table

    asked: dict[str, Any] = {
        "metric": metric, "by": by, "during": during, "every": every, "before": before, "after": after, "where": where,
        "basis": basis, "over": over, "most": most, "as_of": as_of, "workspace": workspace,
    }  # fmt: skip
    if show_sql:
        typer.echo(answer.show_sql(name, store=store, **asked) + ";")
        return
    write_table(answer.query(name, store=store, **asked), form)


@app.command()
def reconcile(
    official: Annotated[Path, typer.Argument(help="Somebody's numbers, CSV or Parquet: a period, counts or a rate.")],
    store: StoreOption,
    metric: Annotated[str, typer.Option(help="What was counted.")] = "overturn_rate",
    mapping: Annotated[
        Path | None, typer.Option("--map", help="A file with [columns] and [values.market], theirs = ours.")
    ] = None,
    columns: Annotated[str, typer.Option(help="The same in one line: Woche=period; Quote=rate.")] = "",
    where: Annotated[str, typer.Option(help="Which records: market=DE,AT; queue=live.")] = "",
    basis: Annotated[str, typer.Option(help="Ours: decision, submission or enforcement.")] = "decision",
    as_of: Annotated[str, typer.Option(help="What was known at this instant; the newest load if not given.")] = "",
    most: Annotated[int, typer.Option(help="How many differences of definition at once, 1 to 4.")] = 4,
    language: Annotated[str, typer.Option(help="en, zh-CN or both.")] = "en",
    form: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    workspace: WorkspaceOption = None,
) -> None:
    """Explain why somebody's number is not ours, step by step, to what remains."""
    from appeal_insights.findings.reconcile import reconcile as explain
    from appeal_insights.reports.tables import write_table

    found = explain(
        official, store=store, metric=metric, mapping=mapping, columns=columns, where=where, basis=basis, as_of=as_of,
        most=most, language=language, audience="analyst", workspace=workspace,
    )  # fmt: skip
    if form == "table":
        typer.echo(repr(found))
        if not found.explained:
            write_table(found.nearest, form)
    write_table(found.table, form)


@app.command()
def run(
    notebook: Annotated[str, typer.Argument(help="A notebook of the workspace, for example 02_overturn_root_cause.")],
    parameter: Annotated[
        list[str], typer.Option("-p", "--parameter", help="name=value; a dimension too: market=DE.")
    ] = [],  # noqa: B006
    workspace: WorkspaceOption = None,
) -> None:
    """Run a notebook with dated parameters and publish notebook, findings and one offline HTML file under data/runs."""
    _run(notebook, _pairs(parameter), workspace)


@app.command()
def export(
    notebook: Annotated[Path, typer.Argument(help="An executed notebook of a run.")],
    html: Annotated[Path, typer.Argument(help="The file to write.")],
) -> None:
    """Write an executed notebook as one offline HTML file again, for example after a change of the template."""
    from appeal_insights.reports.run import export_again

    typer.echo(f"Wrote {export_again(notebook, html)}.")


@app.command()
def catalogue(workspace: WorkspaceOption = None) -> None:
    """Write the page that lists every run, newest first: data/runs/index.html. Each run writes it anew, too."""
    from appeal_insights.reports.catalogue import write_catalogue

    typer.echo(f"Wrote {write_catalogue(find_workspace(workspace))}.")


@cases.command()
def draw(
    store: StoreOption,
    before: Annotated[str, typer.Option(help="The earlier period of the inquiry.")],
    after: Annotated[str, typer.Option(help="The later period: cases decided in it are drawn.")],
    cause: Annotated[int, typer.Option(help="Which of the causes named: the first, the second, ...")] = 1,
    size: Annotated[int, typer.Option(help="How many cases, and as many controls.")] = 50,
    seed: Annotated[int, typer.Option(help="Another seed is another draw.")] = 1,
    metric: Annotated[str, typer.Option(help="What is counted.")] = "overturn_rate",
    where: Annotated[str, typer.Option(help="Which records: market=DE,AT; queue=live.")] = "",
    by: Annotated[str, typer.Option(help="Dimensions to look at: market,policy.")] = "",
    basis: Annotated[str, typer.Option(help="decision, submission or enforcement.")] = "decision",
    as_of: Annotated[str, typer.Option(help="What was known at this instant; the newest load if not given.")] = "",
    audience: Annotated[str, typer.Option(help="Only an analyst may see ids of cases: analyst.")] = "stakeholder",
    language: Annotated[str, typer.Option(help="Of the sheet: en, zh-CN or both.")] = "en",
    workspace: WorkspaceOption = None,
) -> None:
    """Draw cases of a cause and matched controls, and write the sheet on which a reader codes why each was decided."""
    from appeal_insights.findings.overturn import investigate
    from appeal_insights.findings.reading import draw_cases
    from appeal_insights.records.store import Store
    from appeal_insights.reports.case_sheet import drawn_line, write_cases

    place = find_workspace(workspace)
    inquiry = investigate(
        store=store, before=before, after=after, metric=metric, where=where, by=by, basis=basis, as_of=as_of,
        language=language, audience=audience, workspace=place.root,
    )  # fmt: skip
    with Store(place.existing_store(store)) as opened:
        drawn = draw_cases(opened, inquiry.evidence, cause, size=size, seed=seed, languages=inquiry.languages)
    typer.echo(drawn_line(drawn, drawn.languages[0]))
    for path in write_cases(drawn, workspace=place.root):
        typer.echo(f"  {path}")


@cases.command("take-in")
def take_in(
    sheet: Annotated[Path, typer.Argument(help="The sheet, filled in: CSV or a workbook.")],
    language: Annotated[str, typer.Option(help="en or zh-CN.")] = "en",
    workspace: WorkspaceOption = None,
) -> None:
    """Take a filled-in sheet back in. The next inquiry into the same change says what was read."""
    from appeal_insights.findings.tally import tally, tally_sentence
    from appeal_insights.language import languages
    from appeal_insights.reports.case_sheet import take_in_cases

    taken = take_in_cases(sheet, workspace=workspace)
    for each in languages(language):
        for line in (*taken.lines(each), tally_sentence(tally(taken.table), each)):
            typer.echo(line)


@app.command()
def doctor(workspace: WorkspaceOption = None) -> None:
    """Look whether everything is there that a report needs, and say what to do where it is not."""
    from appeal_insights.reports.doctor import examine, verdict

    broken = False
    for check in examine(workspace):
        broken = broken or check.state == "broken"
        typer.secho(str(check), fg={"fine": None, "note": typer.colors.YELLOW, "broken": typer.colors.RED}[check.state])
    typer.secho(verdict(broken=broken), bold=True)
    if broken:
        raise typer.Exit(1)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context, workspace: WorkspaceOption = None) -> None:
    """Open JupyterLab on notebooks/ with the demo store ready. Further options go to JupyterLab."""
    place = find_workspace(workspace)
    if not place.store("demo").exists():
        _make_demo_stores(place)
    os.chdir(place.root)
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # JupyterLab would ask its makers for versions at every start, and its user whether it may ask for news.
    quiet = ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with as_file(files("appeal_insights").joinpath("lab")) as settings:
        paths = [str(settings), os.environ.get("JUPYTER_CONFIG_PATH", "")]
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab", str(place.notebooks), *root, *quiet, *context.args])


@app.command()
def demo(workspace: WorkspaceOption = None) -> None:
    """From nothing to three reports: two made-up samples, and TikTok's published appeal counts."""
    place = find_workspace(workspace)
    _make_demo_stores(place)
    _run(ROOT_CAUSE, {"store": "demo", **DEMO_PERIODS}, place.root)
    _run(DRIFT, {"store": "quality"}, place.root)
    published = {"store": "tiktok", "before": "2025-H2", "after": "2026-H1", "language": "both"}
    _run(ROOT_CAUSE, {**published, "where": "complaint_type=visibility,service,account"}, place.root)


def _make_demo_stores(place: Workspace) -> None:
    from appeal_insights.records.sample import SAMPLE_EXTRACTED_AT, SAMPLE_FACTS, write_sample
    from appeal_insights.records.sample_drift import DRIFT_FACTS
    from appeal_insights.records.sample_service import SERVICE_CALENDARS, SERVICE_FACTS

    for store, folder, scenario, facts in (
        ("demo", place.sample, "planted", SAMPLE_FACTS),
        ("quality", place.sample / "audits", "accuracy_drift", DRIFT_FACTS),
        ("service", place.sample / "service", "service_levels", (SERVICE_CALENDARS, *SERVICE_FACTS)),
    ):
        write_sample(folder, scenario=scenario)
        typer.echo(f"Made-up records: {folder}")
        for fact in facts:
            file = folder / (fact if fact == SERVICE_CALENDARS else f"{fact}.csv")
            _take_in(file, place, store, fact=fact, loaded_at=SAMPLE_EXTRACTED_AT)
    published = place.public / "tiktok_appeals_by_decision_type.csv"
    _take_in(published, place, "tiktok", mapping="tiktok_appeals", loaded_at="2026-09-01")


def _take_in(
    file: Path,
    place: Workspace,
    store: str,
    *,
    mapping: str = "",
    fact: str = "appeals",
    loaded_at: str = "",
    check: bool = False,
) -> None:
    from appeal_insights.findings.gate import gate
    from appeal_insights.periods import instant
    from appeal_insights.records.figures import ingest_figures, is_figures, read_figures_mapping
    from appeal_insights.records.ingest import ingest as take_in
    from appeal_insights.records.ingest import ingest_folder
    from appeal_insights.records.mapping import read_mapping
    from appeal_insights.records.store import Store
    from appeal_insights.reports.tables import gate_lines, intake_lines

    moment = instant(loaded_at) if loaded_at else None
    path = place.store(store)
    declared = _declared(mapping) if mapping else {}
    if is_figures(declared):
        figures = read_figures_mapping(declared, what=mapping)
        found = [ingest_figures(file, path, mapping=figures, loaded_at=moment, check=check)]
    else:
        how: dict[str, Any] = {
            "mapping": read_mapping(declared, what=mapping) if mapping else None,
            "fact": fact, "loaded_at": moment, "progress": True, "check": check,
        }  # fmt: skip
        found = ingest_folder(file, path, **how) if file.is_dir() else [take_in(file, path, **how)]
    for intake in found:
        for line in intake_lines(intake, store):
            typer.echo(line)
    if not check:
        with Store(path) as opened:
            for line in gate_lines(gate(opened, opened.latest())):
                typer.echo(line)


@contextmanager
def _rows_of(file: str, store: Path, *, table: str, query: str) -> Iterator[Path]:
    """The file itself, or the rows of a database as one. An address may hold a password: no message repeats it."""
    if "://" not in file:
        if table or query:
            raise BadParameter("--table and --query are of a database, and what is given is a file.")
        yield Path(file)
        return
    if not file.startswith(("postgresql://", "postgres://")):
        raise BadParameter("Of databases only PostgreSQL can be read: postgresql://user@host/database.")
    if bool(table) == bool(query):
        raise BadParameter("Say what to read from the database: --table schema.table, or --query 'select ...'.")
    try:
        from appeal_insights.records.postgresql import fetched
    except ImportError as error:
        raise BadInput(
            'Nothing is installed that reads PostgreSQL: pip install "appeal-insights[postgres]".'
        ) from error
    with fetched(file, store, table=table, query=query, progress=True) as path:
        yield path


def _suggest(file: str, fact: str, language: str) -> None:
    from appeal_insights.errors import choice
    from appeal_insights.language import LANGUAGES
    from appeal_insights.records.suggest import write_suggestion

    if "://" in file:
        raise BadParameter("A mapping can be suggested for a file only. Export some rows of the table as CSV first.")
    path = write_suggestion(Path(file), fact=fact, language=choice("language", language, LANGUAGES))
    typer.echo(f"Wrote {path}. Look every line over, then take the file in with --mapping {path}.")


def _declared(mapping: str) -> dict[str, Any]:
    """A mapping file's content: a path, or the name of one that the package has."""
    from appeal_insights.records.mapping import read_toml

    if Path(mapping).suffix == ".toml":
        return read_toml(Path(mapping))
    with as_file(files("appeal_insights.records").joinpath("sources", f"{mapping}.toml")) as path:
        return read_toml(path)


def _run(notebook: str, parameters: dict[str, str], workspace: Path | None) -> None:
    from appeal_insights.reports.run import run as run_notebook

    try:
        made = run_notebook(notebook, parameters, workspace=workspace)
    except KeyboardInterrupt as error:
        typer.secho("Interrupted: nothing was published.", err=True, fg=typer.colors.RED)
        _say_notes(error)
        raise typer.Exit(INTERRUPTED) from error
    for finding in made.findings:
        for texts in finding["texts"].values():
            typer.echo(f"  {texts['claim']}")
    typer.secho(f"Report: {made.html}", bold=True)


def _say_notes(error: BaseException) -> None:
    """What else there is to know about an error, such as where a failed run is kept."""
    for note in getattr(error, "__notes__", []):
        typer.echo(note, err=True)


def _pairs(texts: list[str]) -> dict[str, str]:
    """The parameters by name. Raises BadParameter for a name that comes twice: the last would silently win."""
    found: dict[str, str] = {}
    for name, value in map(_pair, texts):
        if name in found:
            raise BadParameter(f"-p {name} is given twice. Join several values with commas: -p {name}=ONE,OTHER.")
        found[name] = value
    return found


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (sign and name.strip()):
        raise BadParameter(f"Cannot read -p {text}. Write it as -p name=value.")
    return name.strip(), value.strip()
