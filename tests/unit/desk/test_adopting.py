"""An example is public: nothing of a person is left in it, and the moderator wrote it."""

import pytest
from support.desk_world import CookieDoor, KnownRule, MemoryDesk, Visitor, dossier, finding

from desk.deciding import Adoption, DecidingError, masked, read_adoption
from desk.routes import DeskApplication

POST = "Please ask Budi Santoso or @budi99 at +62 812-3456-789, see https://a.example/x?y=1 now"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("call 0812 3456 7890 today", "call [number] today"),
        ("kode 884213 dari @si_budi", "kode [number] dari [handle]"),
        ("write to a.b@mail.example.org", "write to [mail]"),
        ("see www.a.example/p?q=1 or bit.com/x", "see [link] or [link]"),
        ("meet Maria Lopez and then Ivan", "meet [name] and then [name]"),
        ("Send me the code, friend", "Send me the code, friend"),
        ("把验证码 884213 发给我", "把验证码 [number] 发给我"),
        ("send 12 posts", "send 12 posts"),
    ],
)
def test_masks(text: str, left: str) -> None:
    assert masked(text) == left
    assert masked(left) == left


@pytest.mark.parametrize(
    ("rule", "kind", "text", "why"),
    [
        pytest.param("codes/asks", "ignore", masked(POST), "Rewrite it first", id="as masked"),
        pytest.param("codes/asks", "ignore", f" {POST} ", "Rewrite it first", id="as posted"),
        pytest.param("codes/asks", "ignore", "ask @budi99", "still has a name", id="a handle"),
        pytest.param("codes/asks", "ignore", "​", "1 to 500", id="nothing"),
        pytest.param("codes/asks", "ignore", "x" * 501, "1 to 500", id="too long"),
        pytest.param("codes", "ignore", "a quotation", "Choose a rule", id="no rule"),
        pytest.param("/asks", "ignore", "a quotation", "Choose a rule", id="no pack"),
        pytest.param("codes/asks", "maybe", "a quotation", "Choose a rule", id="no kind"),
    ],
)
def test_what_may_not_be_published_is_refused(rule: str, kind: str, text: str, why: str) -> None:
    with pytest.raises(DecidingError, match=why):
        read_adoption(rule, kind, text, POST)


def test_an_example_in_ones_own_words_is_taken() -> None:
    longest = read_adoption("codes/asks", "match", f"{'x ' * 249}xy", POST)
    assert (longest.kind, len(longest.text)) == ("match", 500)
    made = read_adoption("codes/asks", "ignore", "never send  anyone\nthe code", POST)
    assert made == Adoption("codes", "asks", "ignore", "never send anyone the code")


def test_the_editor_masks_and_shows_what_the_check_says() -> None:
    case = dossier(finding(text=POST))
    visitor, adopter = Visitor(MemoryDesk([case])), KnownRule()
    path = f"/card/{case.item.key}/adopt"
    assert visitor.get(path)["statusCode"] == 404
    visitor.application = DeskApplication(visitor.desk, CookieDoor(), adopter)
    assert path in visitor.get(f"/card/{case.item.key}")["body"]
    body = visitor.get(path)["body"]
    assert "[name] or [handle] at [number]" in body
    assert "Budi" not in body
    form = {"for_rule": "codes/asks", "example": "ignore", "text": masked(POST)}
    assert "Rewrite it first" in visitor.post(path, form)["body"]
    assert not adopter.tried
    answer = visitor.post(path, form | {"text": "never send anyone the code"})["body"]
    assert "codes.yaml:3: is hit" in answer
    assert "+ &lt;b&gt;example&lt;/b&gt;" in answer


def test_an_editor_without_the_files_of_packs_names_the_commands_to_run() -> None:
    case = dossier(finding(text=POST))
    visitor = Visitor(MemoryDesk([case]))
    visitor.application = DeskApplication(visitor.desk, CookieDoor(), KnownRule(checked=False))
    form = {"for_rule": "codes/asks", "example": "ignore", "text": "never send anyone the code"}
    answer = visitor.post(f"/card/{case.item.key}/adopt", form)["body"]
    assert "This console cannot run packs check" in answer
    assert "terang packs check new-packs" in answer
