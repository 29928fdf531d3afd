"""What runs keeps its house rules, and each rule notices when it does not."""

import pytest
from template.changes import Change, Template, broken, drop, put
from template.flow_rules import (
    FLOW_RULES,
    dead_letters_outlive_their_source,
    every_function_fails_into_something,
    every_function_logs_into_its_own_group,
    everything_says_what_it_is,
    mappings_are_bounded,
    mappings_report_each_failed_message,
    messages_stay_hidden_long_enough,
    nothing_turns_in_a_circle,
    sections_stand_in_order,
    somebody_hears_of_dead_letters,
)
from template.resolved import Resolved, Rule, source

SCAN = "Resources/Scan/Properties"
UNITS_BOUND = f"{SCAN}/Events/Units/Properties/ScalingConfig"


def outputs_first(template: Template) -> None:
    template["Resources"] = template.pop("Resources")


def send_no_failure(template: Template) -> None:
    policy = template["Resources"]["IntakeRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    for statement in policy["Statement"]:
        if statement["Action"] == "sqs:SendMessage":
            statement["Resource"] = {"Fn::GetAtt": "Units.Arn"}


BROKEN: dict[str, tuple[Rule, Change]] = {
    "outputs before resources": (sections_stand_in_order, outputs_first),
    "a parameter without a description": (
        everything_says_what_it_is,
        drop("Parameters/NoticeHours/Description"),
    ),
    "a parameter that takes anything": (
        everything_says_what_it_is,
        drop("Parameters/PublicUrl/AllowedPattern"),
    ),
    "a parameter that explains no constraint": (
        everything_says_what_it_is,
        drop("Parameters/PublicUrl/ConstraintDescription"),
    ),
    "a function without a description": (everything_says_what_it_is, drop(f"{SCAN}/Description")),
    "a layer without a description": (
        everything_says_what_it_is,
        drop("Resources/LedgerLayer/Properties/Description"),
    ),
    "an output without a description": (
        everything_says_what_it_is,
        drop("Outputs/Table/Description"),
    ),
    "intake refers to the bucket that calls it": (
        nothing_turns_in_a_circle,
        put("Resources/Intake/Properties/Environment/Variables/DROP_BUCKET", {"Ref": "DropBucket"}),
    ),
    "a mapping that fails whole batches": (
        mappings_report_each_failed_message,
        drop(f"{SCAN}/Events/Posts/Properties/FunctionResponseTypes"),
    ),
    "a mapping without a bound": (mappings_are_bounded, drop(UNITS_BOUND)),
    "a bound that is a string": (
        mappings_are_bounded,
        put(f"{UNITS_BOUND}/MaximumConcurrency", {"Ref": "ScanConcurrency"}),
    ),
    "a function slower than its queue allows": (
        messages_stay_hidden_long_enough,
        put(f"{SCAN}/Timeout", 301),
    ),
    "a batch window longer than its queue allows": (
        messages_stay_hidden_long_enough,
        put("Parameters/BatchWindow/MaxValue", 300),
    ),
    "a queue with the visibility of AWS": (
        messages_stay_hidden_long_enough,
        drop("Resources/Posts/Properties/VisibilityTimeout"),
    ),
    "dead letters as short-lived as their source": (
        dead_letters_outlive_their_source,
        put("Resources/UnitsDead/Properties/MessageRetentionPeriod", 345600),
    ),
    "a queue without dead letters": (
        dead_letters_outlive_their_source,
        drop("Resources/Posts/Properties/RedrivePolicy"),
    ),
    "a function called by events that fails into nothing": (
        every_function_fails_into_something,
        drop("Resources/Publish/Properties/EventInvokeConfig"),
    ),
    "a function that nobody can ask": (
        every_function_fails_into_something,
        drop("Resources/AnswerUrl"),
    ),
    "a failure destination that the role may not send to": (
        every_function_fails_into_something,
        send_no_failure,
    ),
    "dead letters that nobody hears of": (
        somebody_hears_of_dead_letters,
        drop("Resources/PostsDeadAlarm"),
    ),
    "an alarm that waits for ten dead letters": (
        somebody_hears_of_dead_letters,
        put("Resources/IntakeFailedAlarm/Properties/Threshold", 10),
    ),
    "a function that logs where Lambda likes": (
        every_function_logs_into_its_own_group,
        drop(f"{SCAN}/LoggingConfig"),
    ),
    "logs that are kept for ever": (
        every_function_logs_into_its_own_group,
        drop("Resources/IntakeLogs/Properties/RetentionInDays"),
    ),
}


@pytest.mark.parametrize("door", ["own", "cloudfront"])
@pytest.mark.parametrize("rule", FLOW_RULES, ids=lambda rule: rule.__name__)
def test_the_stack_keeps_the_rule(rule: Rule, door: str) -> None:
    assert list(rule(Resolved.of(source(), PublicDoor=door))) == []


@pytest.mark.parametrize(("rule", "change"), BROKEN.values(), ids=BROKEN)
def test_the_rule_notices(rule: Rule, change: Change) -> None:
    assert list(rule(Resolved.of(broken(change)))) != []


def test_every_rule_can_fail() -> None:
    assert {rule for rule, _ in BROKEN.values()} == set(FLOW_RULES)


def test_each_number_of_workers_is_what_the_parameter_says() -> None:
    template = source()
    allowed = template["Parameters"]["ScanConcurrency"]["AllowedValues"]
    mapping = template["Mappings"]["ScanConcurrency"]
    assert {name: row["Workers"] for name, row in mapping.items()} == {n: int(n) for n in allowed}
