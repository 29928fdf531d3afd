"""An example for a rule of a published pack, as lines for its author."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from desk.adopting import Adoption, AdoptionResult, rules_with_examples
from rules.pack import Pack


@dataclass(frozen=True, slots=True)
class SetExamples:
    """The port `Adopter` over the packs in force.

    Limits: it checks nothing, and the page says so. `packs check` needs YAML and the protected
    sentences, which are never deployed, and the five layers that AWS allows are used up without the
    matcher.
    """

    packs: Callable[[], tuple[Pack, ...]]

    def rules(self) -> list[str]:
        """Return the rules of the packs that take examples, as `pack/rule`, sorted."""
        return rules_with_examples(self.packs())

    def adopted(self, adoption: Adoption) -> AdoptionResult | None:
        """Return the lines to add to a rule; None if the packs have no such rule."""
        if f"{adoption.pack}/{adoption.rule}" not in self.rules():
            return None
        text = json.dumps(adoption.text, ensure_ascii=False)
        lines = f"# {adoption.pack}, rule {adoption.rule}\n{adoption.kind}:\n  - {text}\n"
        return AdoptionResult(lines, checked=False)
