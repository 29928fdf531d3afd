"""Sentences of the pages: titles, what was read and found, and what people decided."""

from phrases import Phrases, of
from publish.count.case_numbers import CaseNumbers
from publish.count.folding import Numbers
from publish.periods import PeriodKind
from publish.summary import Summary


def title_of(summary: Summary, phrases: Phrases | None = None) -> str:
    """Return the title of a summary: provider and period, in English if no language is given.

    >>> from publish.summary import Errors
    >>> title_of(Summary(provider="all", kind=PeriodKind.MONTH, period="2026-11", notice_hours=24,
    ...     first_day="2026-11-01", last_day="2026-11-30", provisional=False, numbers=Numbers(),
    ...     errors=Errors()))
    'All providers, November 2026'
    """
    say = phrases or of("en")
    whose = say.gettext("All providers") if summary.provider == "all" else summary.provider
    return say.gettext("%(whose)s, %(period)s", whose=whose, period=_period(summary, say))


def opening(summary: Summary, phrases: Phrases | None = None) -> list[str]:
    """Return the first sentences of a page: posts read, findings, proposals and decisions."""
    say = phrases or of("en")
    numbers = summary.numbers
    sentences = [read_words(summary, say)]
    if numbers.findings:
        sentences.append(_became(numbers, say))
    if decided := decided_words(summary.cases, say):
        sentences.append(decided)
    if numbers.refused:
        sentences.append(
            say.ngettext(
                "%(num)s other record was refused and not checked by any rule.",
                "%(num)s other records were refused and not checked by any rule.",
                numbers.refused,
            )
        )
    return sentences


def read_words(summary: Summary, say: Phrases) -> str:
    """Return the sentence on what was read and found in a period."""
    numbers = summary.numbers
    values = {
        "when": _when(summary, say),
        "posts": say.ngettext("%(num)s public post", "%(num)s public posts", numbers.inspected),
        "of": summary.provider
        if summary.provider != "all"
        else say.ngettext("%(num)s provider", "%(num)s providers", len(summary.providers)),
        "findings": say.ngettext("%(num)s finding", "%(num)s findings", numbers.findings),
    }
    if not numbers.findings:
        none = say.gettext("%(when)s Terang read %(posts)s of %(of)s so far.", **values)
        if not summary.provisional:
            none = say.gettext("%(when)s Terang read %(posts)s of %(of)s.", **values)
        met = say.gettext("None of them met a rule.")
        return f"{none}{say.gap}{met}" if numbers.inspected else none
    if summary.kind is PeriodKind.CAMPAIGN:
        if summary.provisional:
            return say.gettext(
                "%(when)s Terang read %(posts)s of %(of)s so far and recorded %(findings)s of its"
                " rules.",
                **values,
            )
        return say.gettext(
            "%(when)s Terang read %(posts)s of %(of)s and recorded %(findings)s of its rules.",
            **values,
        )
    if summary.provisional:
        return say.gettext(
            "%(when)s Terang read %(posts)s of %(of)s so far and recorded %(findings)s.", **values
        )
    return say.gettext(
        "%(when)s Terang read %(posts)s of %(of)s and recorded %(findings)s.", **values
    )


def _period(summary: Summary, say: Phrases) -> str:
    if summary.kind is PeriodKind.CAMPAIGN:
        return say.gettext("campaign %(name)s", name=summary.period)
    is_month = summary.kind is PeriodKind.MONTH
    return say.month(summary.period) if is_month else say.day(summary.period)


def _when(summary: Summary, say: Phrases) -> str:
    if summary.kind is PeriodKind.DAY:
        return say.gettext("On %(day)s", day=say.day(summary.period))
    if summary.kind is PeriodKind.MONTH:
        return say.gettext("In %(month)s", month=say.month(summary.period))
    return say.gettext("In the days of the campaign %(name)s", name=summary.period)


def _became(numbers: Numbers, say: Phrases) -> str:
    """Return how many findings were proposed, held back or in shadow; zeros are left out."""
    proposed = numbers.live - numbers.held
    if proposed == numbers.findings:
        return say.ngettext(
            "It was proposed for people to look at.",
            "All of them were proposed for people to look at.",
            proposed,
        )
    if numbers.held == numbers.findings:
        return say.ngettext(
            "It was held back by the flood guard.",
            "All of them were held back by the flood guard.",
            numbers.held,
        )
    if numbers.shadow == numbers.findings:
        return say.ngettext(
            "It was only counted, by rules in shadow.",
            "All of them were only counted, by rules in shadow.",
            numbers.shadow,
        )
    values = {"held": numbers.held, "shadow": numbers.shadow}
    if not proposed:
        return say.ngettext(
            "Of these, %(num)s was held back by the flood guard and %(shadow)s only counted, by"
            " rules in shadow.",
            "Of these, %(num)s were held back by the flood guard and %(shadow)s only counted, by"
            " rules in shadow.",
            numbers.held,
            **values,
        )
    if not numbers.held:
        return say.ngettext(
            "Of these, %(num)s was proposed for people to look at and %(shadow)s only counted, by"
            " rules in shadow.",
            "Of these, %(num)s were proposed for people to look at and %(shadow)s only counted, by"
            " rules in shadow.",
            proposed,
            **values,
        )
    if not numbers.shadow:
        return say.ngettext(
            "Of these, %(num)s was proposed for people to look at and %(held)s held back by the"
            " flood guard.",
            "Of these, %(num)s were proposed for people to look at and %(held)s held back by the"
            " flood guard.",
            proposed,
            **values,
        )
    return say.ngettext(
        "Of these, %(num)s was proposed for people to look at, %(held)s held back by the flood"
        " guard and %(shadow)s only counted, by rules in shadow.",
        "Of these, %(num)s were proposed for people to look at, %(held)s held back by the flood"
        " guard and %(shadow)s only counted, by rules in shadow.",
        proposed,
        **values,
    )


def decided_words(cases: CaseNumbers, say: Phrases) -> str:
    """Return how many decisions people made, and how many were overturned; "" for none."""
    if not cases.decisions and not cases.overturned:
        return ""
    made = say.ngettext(
        "People made %(num)s decision", "People made %(num)s decisions", cases.decisions
    )
    if not cases.overturned:
        return say.gettext("%(made)s; none was overturned.", made=made)
    fell = say.ngettext(
        "%(num)s decision was overturned", "%(num)s decisions were overturned", cases.overturned
    )
    return say.gettext("%(made)s; %(fell)s.", made=made, fell=fell)
