"""Of rapid changes only the latest is worked on."""

import asyncio

from appeal_insights.explorer.latest import Latest


def test_without_a_loop_each_change_is_worked_on_at_once():
    done = []
    latest = Latest(lambda: done.append(1))
    latest.ask()
    latest.ask()
    assert done == [1, 1]


def test_in_a_notebook_several_changes_in_a_row_are_one_piece_of_work():
    done = []

    async def notebook():
        value = {"now": 0}
        latest = Latest(lambda: done.append(value["now"]), wait=0.01)
        for number in range(1, 6):
            value["now"] = number
            latest.ask()
            await asyncio.sleep(0)
        assert done == []
        await asyncio.sleep(0.05)

    asyncio.run(notebook())
    assert done == [5]


def test_what_changes_while_it_is_at_work_is_done_once_more_however_often_it_changed():
    done = []

    def work():
        done.append(value["now"])
        if len(done) == 1:
            for number in (2, 3, 4):
                value["now"] = number
                latest.ask()

    value, latest = {"now": 1}, Latest(work)
    latest.ask()
    assert done == [1, 4]


def test_who_wants_the_answer_now_has_it_and_it_is_not_worked_out_again():
    done = []

    async def notebook():
        latest = Latest(lambda: done.append(1), wait=0.01)
        latest.now()
        assert done == []
        latest.ask()
        latest.now()
        assert done == [1]
        await asyncio.sleep(0.05)

    asyncio.run(notebook())
    assert done == [1]


def test_work_that_fails_does_not_stop_the_next():
    done = []

    def work():
        done.append(1)
        if len(done) == 1:
            raise ValueError("once")

    latest = Latest(work)
    try:
        latest.ask()
    except ValueError:
        latest.ask()
    assert done == [1, 1]
