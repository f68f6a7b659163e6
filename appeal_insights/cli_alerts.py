"""Alerts from the shell: look, acknowledge, mute, list."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from appeal_insights.errors import BadParameter
from appeal_insights.records.workspace import Workspace, find_workspace

alerts = typer.Typer(
    invoke_without_command=True,
    help="What to know of a store today: targets missed, series drifted; told once.",
    epilog="Exit code: 0 nothing new, 1 an error, 2 something is new or worse.",
)
WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="The folder with notebooks/ and data/; the nearest one upward if not given."),
]
StoreOption = Annotated[str, typer.Option("--store", help="The name of a store in data/store.")]
ByOption = Annotated[str, typer.Option("--by", help="Who: a role rather than a person.")]
KeyArgument = Annotated[str, typer.Argument(help="The alert's key, as the list shows it.")]


@alerts.callback()
def check_now(
    context: typer.Context,
    store: Annotated[str, typer.Option("--store", help="The name of a store in data/store.")] = "",
    where: Annotated[str, typer.Option(help="Targets of this scope or narrower ones: market=DE,AT.")] = "",
    as_of: Annotated[str, typer.Option(help="What was known at this instant; the newest load if not given.")] = "",
    language: Annotated[str, typer.Option(help="en, zh-CN or both.")] = "en",
    form: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    payloads: Annotated[
        Path | None, typer.Option(help="A folder for cards (Lark, Teams) and mails of what is new or worse.")
    ] = None,
    reports_at: Annotated[str, typer.Option(help="The address under which data/runs can be read: https://...")] = "",
    most: Annotated[int, typer.Option(min=1, help="How many of each kind are listed.")] = 10,
    audience: Annotated[str, typer.Option(help="analyst or stakeholder.")] = "stakeholder",
    workspace: WorkspaceOption = None,
) -> None:
    """Check every target and every series of audits, most serious first. Exit code 2: something is new or worse."""
    if context.invoked_subcommand:
        return
    from appeal_insights.disclosure import AUDIENCES
    from appeal_insights.errors import choice
    from appeal_insights.findings.alerts import check
    from appeal_insights.language import languages
    from appeal_insights.periods import instant
    from appeal_insights.records.scope import read_scope
    from appeal_insights.records.store import Store
    from appeal_insights.reports.alert_ledger import look, scope_of
    from appeal_insights.reports.alert_list import as_object, exit_code, lines
    from appeal_insights.reports.alert_payloads import newest_report, write_payloads

    if not store:
        raise BadParameter("Of which store? Add --store NAME.")
    if form not in ("table", "json"):
        raise BadParameter(f"No format {form!r}. Known: table, json.")
    if reports_at and not reports_at.startswith(("https://", "http://")):
        raise BadParameter("--reports-at is an address: https://...")
    place, wanted, scope = find_workspace(workspace), languages(language), read_scope(where)
    reader = choice("audience", audience, AUDIENCES)
    with Store(place.existing_store(store)) as opened:
        checked = check(opened, as_of=instant(as_of) if as_of else None, where=scope, audience=reader)
    found = look(place, store, checked, of=scope_of(scope, reader))
    if payloads:
        link = newest_report(place.runs, store, reader, base=reports_at)
        news = [one for one in found if one.is_news][:most]
        write_payloads(payloads, news, languages=wanted, as_of=checked.as_of, link=link)
    if form == "json":
        typer.echo(json.dumps(as_object(store, checked, found, wanted), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        for each in wanted:
            for line in lines(checked, found, each, most=most):
                typer.echo(line)
    raise typer.Exit(exit_code(found))


@alerts.command()
def ack(
    key: KeyArgument,
    store: StoreOption,
    by: ByOption,
    note: Annotated[str, typer.Option("--note", help="What is being done about it.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Take an alert on: it is listed in one line from now on, until it becomes clearly worse or goes away."""
    from appeal_insights.reports.alert_ledger import acknowledge

    acknowledge(_place(workspace, store), store, key, by=by, note=note)
    typer.echo(f"Acknowledged: {key}")


@alerts.command()
def mute(
    key: KeyArgument,
    store: StoreOption,
    until: Annotated[str, typer.Option("--until", help="The last day on which it is quiet: 2026-12-31.")],
    by: ByOption,
    workspace: WorkspaceOption = None,
) -> None:
    """Only count an alert up to and including a day, unless it becomes clearly worse."""
    from appeal_insights.reports.alert_ledger import mute as mute_alert

    try:
        last = date.fromisoformat(until)
    except ValueError as error:
        raise BadParameter(f"--until is a day such as 2026-12-31, not {until!r}.") from error
    mute_alert(_place(workspace, store), store, key, until=last, by=by)
    typer.echo(f"Muted until {last}: {key}")


@alerts.command("list")
def list_alerts(store: StoreOption, workspace: WorkspaceOption = None) -> None:
    """The alerts of the newest look with their state, and who took them on. Nothing is checked anew."""
    from appeal_insights.reports.alert_ledger import kept

    for key, entry in sorted(kept(_place(workspace, store), store).items()):
        if entry["state"] != "gone":
            typer.echo(f"{entry['state']}  {key}  first seen {entry['first_seen'][:10]}")
            for act in entry["acts"]:
                typer.echo(f"    {act['event']} by {act['by']}: {act.get('note') or act.get('until')}")


def _place(workspace: Path | None, store: str) -> Workspace:
    place = find_workspace(workspace)
    place.existing_store(store)
    return place
