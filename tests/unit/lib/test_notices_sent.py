"""Digests as they arrive: at a web server and a mail server on loopback, one a night, and never in the night's way."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import duckdb
import pytest
from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.lib import night, night_store
from dagster_project.lib.audit_tables import ensure_audit_tables
from dagster_project.lib.night_report import StepReport
from dagster_project.lib.notices import digest, post
from dagster_project.lib.notices.addresses import AddressesWrong, fingerprint, kind, read_addresses
from dagster_project.lib.run_events import RunEvents
from dagster_project.lib.settings import CHECKOUT, Settings, SettingsError
from tests.receivers import Mailbox, Webhook
from tests.small_editions import publish, series, show

SECRET = "h3mligt-kanarie-l0senord"
GREEN = [series("margin", "2025-09 on_track")]
RED = [series("margin", "2025-09 on_track", "2025-12 off_track")]
RED_BOTH = [*RED, series("revenue", "2025-12 off_track", actual=1, target=2)]


class Installation:
    """A state folder whose nights publish small editions, and what it logged and reported."""

    def __init__(self, home):
        self.home, self.settings, self.said = home, None, ""
        self.runs = 0
        home.mkdir()
        with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
            ensure_audit_tables(connection)

    def set(self, *addresses, **more):
        self.settings = Settings.from_environment(
            {"SCORECARD_HOME": str(self.home), "SCORECARD_NOTIFY": " ".join(addresses), **more}
        )

    def night(self, name=None, rows=(), is_named=False):
        """A night that publishes an edition, or that finds nothing new; the run's report."""
        if name:
            publish(self.home, name, rows, as_of=name[:10])
        return self.end(name, is_named)

    def end(self, built, is_named=False):
        self.runs += 1
        step = StepReport("publish", "done" if built else "skipped", 0.0)
        report, said = night.close(
            self.settings,
            f"run-{self.runs}",
            night_store.utc_now(),
            events=RunEvents([step], set(), built),
            is_named=is_named,
            log=self.log,
        )
        self.said += said
        return report

    def log(self, message):
        self.said += f"{message}\n"


@pytest.fixture(autouse=True)
def straight_to_loopback(monkeypatch):
    """Also where the machine has a proxy."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Also where the machine is so busy that the sender takes a minute to come up."""
    monkeypatch.setattr(post, "ADDRESS_SECONDS", 120.0)
    monkeypatch.setattr(post, "TOTAL_SECONDS", 180.0)


@pytest.fixture
def installation(tmp_path):
    return Installation(tmp_path / "home")


@pytest.fixture
def receivers():
    """Makes receivers, and ends them with the test."""
    made = []

    def make(kind, *arguments):
        made.append(kind(*arguments))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def webhook(receivers):
    return receivers(Webhook)


def json_to(webhook):
    return f"json://user:{SECRET}@127.0.0.1:{webhook.port}/{SECRET}/"


def mail_to(mailbox, **more):
    options = "".join(f"&{name}={value}" for name, value in more.items())
    return (
        f"mailto://anna:{SECRET}@127.0.0.1:{mailbox.port}/?mode=insecure&from=styrkort@example.com"
        f"&to=chef@example.com{options}"
    )


def test_one_digest_a_night_by_webhook_and_by_mail(installation, receivers, webhook):
    mailbox = receivers(Mailbox)
    installation.set(json_to(webhook), mail_to(mailbox), SCORECARD_NOTIFY_LANGUAGE="sv")
    installation.night("2025-12-30-aaaaaaaaaa", GREEN)
    assert (webhook.got, mailbox.got) == ([], []), "the first edition has nothing before it"
    report = installation.night("2025-12-31-bbbbbbbbbb", RED_BOTH)
    [message], [mail] = webhook.got, mailbox.got
    assert message["title"] == mail["subject"] == "Styrkort 2025-12-31: 2 sämre"
    assert "Bruttomarginal: Avspårad sedan 2025-12, tidigare På rätt spår; 34,1 %" in message["message"]
    assert mail.get_content().splitlines()[3:] == message["message"].splitlines()[3:]
    assert mailbox.logins == [f"\0anna\0{SECRET}"]
    assert report.exit_code == 0
    assert "Notices   'Styrkort 2025-12-31: 2 sämre' sent to 2 of 2 addresses" in installation.said
    # the same night again, and a night without anything new
    installation.end("2025-12-31-bbbbbbbbbb")
    installation.night()
    assert (len(webhook.got), len(mailbox.got)) == (1, 1)


def test_a_name_is_no_markup_in_a_mail_of_html(installation, receivers):
    mailbox = receivers(Mailbox)
    installation.set(mail_to(mailbox, format="html"))
    titles = {"margin": ("<script>alert(1)</script> & co", "x")}
    for name, rows in (("2025-12-30-aaaaaaaaaa", GREEN), ("2025-12-31-bbbbbbbbbb", RED)):
        publish(installation.home, name, rows, titles=titles)
        installation.end(name)
    [mail] = mailbox.got
    html = mail.get_body(("html",)).get_content()
    assert "<script>" not in html and "&lt;script&gt;" in html


def test_an_edition_without_news_sends_nothing_and_is_what_the_next_is_compared_with(installation, webhook):
    installation.set(json_to(webhook))
    for name, rows in (("2025-12-29-a", GREEN), ("2025-12-30-b", GREEN), ("2025-12-31-c", RED)):
        installation.night(name, rows)
    [message] = webhook.got
    assert "New since the edition of 2025-12-30" in message["message"]
    assert "nothing new to tell" in installation.said


def test_without_the_setting_nothing_is_sent_loaded_or_left(installation):
    """In a process of its own, so that no other test has loaded anything."""
    installation.set()
    assert installation.settings.notify == ()
    installation.night("2025-12-30-a", GREEN)
    installation.night("2025-12-31-b", RED)
    assert not (installation.home / digest.MEMORY).exists()
    assert "otice" not in installation.said
    code = """
import os, sys
from dagster_project.lib import night, night_store
from dagster_project.lib.run_events import RunEvents
from dagster_project.lib.settings import Settings
settings = Settings.from_environment({"SCORECARD_HOME": sys.argv[1]})
report, _ = night.close(settings, "run", night_store.utc_now(), events=RunEvents([], set(), "2025-12-31-b"))
assert report.outcome == "published", report
print([name for name in sys.modules if name in ("apprise", "requests", "dagster_project.lib.notices.digest")])
"""
    run = subprocess.run(
        [sys.executable, "-c", code, str(installation.home)], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert run.stdout.strip() == "[]", run.stderr


def test_the_night_s_own_process_never_loads_the_library(installation, webhook):
    """What it logs of an address stays in the process that sends."""
    installation.set(json_to(webhook))
    installation.night("2025-12-30-a", GREEN)
    before = set(sys.modules)
    installation.night("2025-12-31-b", RED)
    assert len(webhook.got) == 1 and "apprise" not in set(sys.modules) - before


def test_a_receiver_that_fails_fails_no_night_and_is_told_again_by_the_next_run(installation, webhook):
    installation.set(json_to(webhook))
    installation.night("2025-12-30-a", GREEN)
    webhook.status = 500
    report = installation.night("2025-12-31-b", RED)
    assert (report.outcome, report.exit_code) == ("published", 0)
    assert (
        "The notice was not sent: address 1 of SCORECARD_NOTIFY (json) refused it (answer 500). What to do:"
        in installation.said
    )
    assert "sent to 0 of 1 addresses" in installation.said
    webhook.got.clear()
    webhook.status = 200
    installation.night()
    installation.night()
    assert [message["title"] for message in webhook.got] == ["Scorecard 2025-12-31: 1 worse"]


def test_after_a_failed_night_the_next_digest_holds_both(installation, webhook):
    installation.set(json_to(webhook))
    installation.night("2025-12-29-a", GREEN)
    webhook.status = 503
    installation.night("2025-12-30-b", RED)
    webhook.got.clear()
    webhook.status = 200
    installation.night("2025-12-31-c", RED_BOTH)
    [message] = webhook.got
    assert message["title"] == "Scorecard 2025-12-31: 2 worse"
    assert "New since the edition of 2025-12-29" in message["message"]


def test_who_got_it_does_not_get_it_again_because_another_did_not(installation, receivers, webhook):
    broken = receivers(Webhook, 500)
    installation.set(json_to(webhook), json_to(broken))
    installation.night("2025-12-30-a", GREEN)
    installation.night("2025-12-31-b", RED)
    assert "address 2 of SCORECARD_NOTIFY (json) refused it" in installation.said
    broken.status = 200
    installation.night()
    assert (len(webhook.got), len(broken.got)) == (1, 2)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (f"json://user:{SECRET}@127.0.0.1:1/", "could not be reached, or refused it"),
        (f"nosuchkind://{SECRET}", "is no address that can be used"),
        (f"mailto://{SECRET}", "is no address that can be used"),
    ],
)
def test_an_address_that_is_not_there_is_told_without_itself(installation, address, why):
    installation.set(address)
    installation.night("2025-12-30-a", GREEN)
    assert installation.night("2025-12-31-b", RED).exit_code == 0
    assert f"address 1 of SCORECARD_NOTIFY ({kind(address)}) {why}" in installation.said
    assert SECRET not in installation.said


def test_a_receiver_that_never_answers_is_given_up(installation, receivers, webhook, monkeypatch):
    monkeypatch.setattr(post, "ADDRESS_SECONDS", 4.0)
    slow = receivers(Webhook)
    slow.silent.set()
    installation.set(json_to(slow), json_to(webhook))
    installation.night("2025-12-30-a", GREEN)
    began = time.monotonic()
    installation.night("2025-12-31-b", RED)
    assert time.monotonic() - began < post.TOTAL_SECONDS / 2, "not by the end of the sender"
    assert "address 1 of SCORECARD_NOTIFY (json) did not take it in time" in installation.said
    assert len(webhook.got) == 1, "the other one is not kept waiting"


def test_a_sender_that_hangs_is_ended_and_what_it_did_counts(receivers, webhook, monkeypatch):
    began = time.monotonic()
    assert post.post([json_to(webhook)], "title", "body") == [post.DONE]
    # as long as it takes here, and more
    monkeypatch.setattr(post, "TOTAL_SECONDS", 2 + 3 * (time.monotonic() - began))
    slow = receivers(Webhook)
    slow.silent.set()
    sent = post.post([json_to(slow), json_to(webhook)], "title", "body")
    assert sent == ["did not take it in time", post.DONE]


def test_a_night_that_somebody_named_sends_nothing_and_the_next_one_tells_of_all(installation, webhook):
    installation.set(json_to(webhook))
    installation.night("2025-12-29-a", GREEN)
    installation.night("2025-12-30-b", RED, is_named=True)
    assert webhook.got == []
    installation.night("2025-12-31-c", RED_BOTH)
    [message] = webhook.got
    assert message["title"] == "Scorecard 2025-12-31: 2 worse"


def test_nothing_is_sent_of_an_edition_that_was_rolled_back_to(installation, webhook):
    installation.set(json_to(webhook))
    installation.night("2025-12-30-a", GREEN)
    webhook.status = 500
    installation.night("2025-12-31-b", RED)
    webhook.got.clear()
    webhook.status = 200
    show(installation.home, "2025-12-30-a")
    installation.night()
    assert webhook.got == []


def test_an_address_that_is_new_hears_of_the_next_edition(installation, webhook):
    installation.set()
    installation.night("2025-12-29-a", GREEN)
    installation.night("2025-12-30-b", RED)
    installation.set(json_to(webhook))
    installation.night()
    assert webhook.got == []
    installation.night("2025-12-31-c", RED_BOTH)
    assert [message["title"] for message in webhook.got] == ["Scorecard 2025-12-31: 1 worse"]


def test_where_the_edition_it_was_told_of_is_gone_the_one_before_counts(installation, webhook):
    installation.set(json_to(webhook))
    installation.night("2025-12-29-a", GREEN)
    installation.set()
    installation.night("2025-12-30-b", RED)
    (installation.home / "published/editions/2025-12-29-a/edition.duckdb").unlink()
    installation.set(json_to(webhook))
    installation.night("2025-12-31-c", RED_BOTH)
    assert [message["title"] for message in webhook.got] == ["Scorecard 2025-12-31: 1 worse"]


def test_another_company_in_the_same_folder_is_no_news(installation, webhook):
    installation.set(json_to(webhook))
    installation.night("2025-12-30-a", GREEN)
    publish(installation.home, "2025-12-31-b", RED, company="other")
    installation.end("2025-12-31-b")
    assert webhook.got == []


def test_a_failed_night_sends_nothing(installation, webhook):
    installation.set(json_to(webhook))
    installation.night("2025-12-30-a", GREEN)
    publish(installation.home, "2025-12-31-b", RED)
    report, _ = night.close(installation.settings, "run", night_store.utc_now(), ended="failed")
    assert report.exit_code == 1 and webhook.got == []


def test_an_edition_that_can_not_be_compared_fails_no_night_and_is_not_waited_for(installation, webhook):
    installation.set(json_to(webhook))
    installation.night("2025-12-29-a", GREEN)
    file = installation.home / "published/editions/2025-12-29-a/edition.duckdb"
    file.write_bytes(b"damaged")
    assert installation.night("2025-12-30-b", RED).exit_code == 0
    assert "nothing to compare with" in installation.said and webhook.got == []
    installation.night("2025-12-31-c", RED_BOTH)
    assert [message["title"] for message in webhook.got] == ["Scorecard 2025-12-31: 1 worse"]


def test_whatever_goes_wrong_with_a_notice_fails_no_night(installation, webhook, monkeypatch):
    def break_down(*_):
        raise RuntimeError(f"of {SECRET}")

    installation.set(json_to(webhook))
    installation.night("2025-12-30-a", GREEN)
    with monkeypatch.context() as broken:
        broken.setattr(digest, "what_is_new", break_down)
        assert installation.night("2025-12-31-b", RED).exit_code == 0
    assert "The notice could not be made (RuntimeError). What to do:" in installation.said
    assert SECRET not in installation.said
    installation.night()
    assert len(webhook.got) == 1


def test_no_secret_lies_in_any_file_or_message(installation, receivers, webhook):
    mailbox = receivers(Mailbox)
    failing = json_to(receivers(Webhook, 500))
    installation.set(json_to(webhook), mail_to(mailbox), failing)
    installation.night("2025-12-30-a", GREEN)
    installation.night("2025-12-31-b", RED)
    assert len(webhook.got) == len(mailbox.got) == 1
    files = [path for path in installation.home.rglob("*") if path.is_file()]
    assert any(path.name == digest.MEMORY for path in files)
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    assert SECRET not in installation.said + repr(installation.settings)
    assert SECRET not in json.dumps(installation.settings.recorded())
    assert (installation.home / digest.MEMORY).stat().st_mode & 0o777 == 0o640


def test_a_memory_that_was_cut_short_is_begun_anew(installation, webhook):
    installation.set(json_to(webhook))
    installation.night("2025-12-30-a", GREEN)
    (installation.home / digest.MEMORY).write_text('{"told": {"ab')
    installation.night("2025-12-31-b", RED)
    assert len(webhook.got) == 1
    told = json.loads((installation.home / digest.MEMORY).read_text())["told"]
    assert told == {fingerprint(json_to(webhook)): "2025-12-31-b"}


def test_addresses_are_parted_by_spaces_and_commas_and_keep_their_own(tmp_path):
    two = "mailto://a:b@mail.example/?to=x@example.com,y@example.com"
    assert read_addresses(f" {two}, json://h/p\n{two};xml://h ") == (two, "json://h/p", "xml://h")
    file = tmp_path / "addresses"
    file.write_text(f"# who reads it\n{two}\n\n  # json://not/this\nslack://a/b/c\n")
    assert read_addresses(str(file)) == (two, "slack://a/b/c")
    assert read_addresses("") == ()


@pytest.mark.parametrize("text", [SECRET, f"json://a b{SECRET}", f"json://ok {SECRET}", f"mailto:{SECRET}"])
def test_a_setting_that_is_no_address_is_told_without_itself(text, tmp_path):
    with pytest.raises(AddressesWrong) as wrong:
        read_addresses(text)
    assert SECRET not in str(wrong.value)
    with pytest.raises(SettingsError, match=r"^SCORECARD_NOTIFY ") as wrong:
        Settings.from_environment({"SCORECARD_HOME": str(tmp_path), "SCORECARD_NOTIFY": text})
    assert SECRET not in str(wrong.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LANGUAGE", "de", "use en or sv"),
        ("LEVEL", "some", "use strategic or all"),
        ("SCOPES", "company,employee", "no single people"),
        ("SCOPES", "employee:E7", "no single people"),
        ("SCOPES", "Company!", "company,region or region:Skåne"),
        ("LINK", "x\ny", "one line"),
    ],
)
def test_other_settings_are_checked(name, value, says, tmp_path):
    with pytest.raises(SettingsError, match=says):
        Settings.from_environment({"SCORECARD_HOME": str(tmp_path), f"SCORECARD_NOTIFY_{name}": value})


def test_a_digest_says_where_to_look(installation, tmp_path):
    installation.set()
    assert digest.place(installation.settings).endswith("published/current.duckdb")
    publish(installation.home, "2025-12-31-a", GREEN)
    (installation.home / "published/current/scorecard.html").write_text("page")
    assert digest.place(installation.settings).endswith("published/current/scorecard.html")
    linked = replace(installation.settings, notify_link="https://intranet.example/kpi")
    assert digest.place(linked) == "https://intranet.example/kpi"


def call(*arguments, **environment):
    result = CliRunner().invoke(main, ["notify", *arguments], env=environment)
    return result.exit_code, result.output


def test_the_command_tries_the_addresses(installation, webhook, receivers):
    broken = receivers(Webhook, 500)
    environment = {"SCORECARD_HOME": str(installation.home), "COLUMNS": "160"}
    code, said = call("--test", **environment, SCORECARD_NOTIFY=json_to(webhook))
    assert (code, said.strip()) == (0, "address 1 of SCORECARD_NOTIFY (json): took it")
    assert webhook.got[0]["title"] == "Scorecard: test of the notices"
    code, said = call("--test", **environment, SCORECARD_NOTIFY=f"{json_to(webhook)} {json_to(broken)}")
    assert code == 1 and "address 2 of SCORECARD_NOTIFY (json): refused it (answer 500)" in said
    code, said = call("--test", **environment, SCORECARD_NOTIFY="")
    assert code == 2 and "nobody gets notices" in said
    assert SECRET not in said and call()[0] == 2 and call("--test", "--since", "x")[0] == 2


def test_the_command_shows_tonight_s_digest_and_sends_nothing(installation, webhook):
    environment = {
        "SCORECARD_HOME": str(installation.home),
        "SCORECARD_NOTIFY": json_to(webhook),
        "COLUMNS": "160",
    }
    assert call("--dry-run", **environment)[0] == 1, "nothing is published"
    publish(installation.home, "2025-12-30-a", GREEN)
    assert "none before it" in call("--dry-run", **environment)[1]
    publish(installation.home, "2025-12-31-b", RED)
    code, said = call("--dry-run", "--language", "sv", **environment)
    assert code == 0 and "Styrkort 2025-12-31: 1 sämre" in said and "Bruttomarginal: Avspårad" in said
    assert "Nothing new" in call("--dry-run", "--since", "2025-12-31-b", **environment)[1]
    assert call("--dry-run", "--since", "2025-01-01-x", **environment)[0] == 2
    assert webhook.got == [] and not (installation.home / digest.MEMORY).exists()
