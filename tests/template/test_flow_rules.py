"""What runs keeps its house rules, and each rule notices when it does not."""

import pytest
from template.changes import Change, Template, broken, drop, put
from template.flow_rules import (
    FLOW_RULES,
    a_new_account_can_run_it,
    dead_letters_outlive_their_source,
    every_function_fails_into_something,
    every_function_logs_into_its_own_group,
    everything_says_what_it_is,
    files_wait_in_a_queue,
    large_deliveries_have_their_window,
    mappings_are_bounded,
    mappings_report_each_failed_message,
    messages_stay_hidden_long_enough,
    nothing_turns_in_a_circle,
    sections_stand_in_order,
    somebody_hears_of_dead_letters,
    somebody_hears_when_work_stands_still,
)
from template.resolved import VARIANTS, Resolved, Rule, source

SCAN = "Resources/Scan/Properties"
DROP = "Resources/DropBucket/Properties/NotificationConfiguration"
UNITS_BOUND = f"{SCAN}/Events/Units/Properties/ScalingConfig"


def outputs_first(template: Template) -> None:
    template["Resources"] = template.pop("Resources")


def send_no_failure(template: Template) -> None:
    policy = template["Resources"]["FeedsRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    for statement in policy["Statement"]:
        if statement["Action"] == "sqs:SendMessage":
            statement["Resource"] = {"Fn::GetAtt": "PublishFailed.Arn"}


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
        drop("Resources/TerangLayer/Properties/Description"),
    ),
    "an output without a description": (
        everything_says_what_it_is,
        drop("Outputs/Table/Description"),
    ),
    "feeds refers to the bucket that calls it": (
        nothing_turns_in_a_circle,
        put("Resources/Feeds/Properties/Environment/Variables/WORK_BUCKET", {"Ref": "WorkBucket"}),
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
    "more workers than a new account may run": (
        a_new_account_can_run_it,
        put("Parameters/ScanConcurrency/Default", "3"),
    ),
    "workers reserved that a new account has not": (
        a_new_account_can_run_it,
        put("Resources/Intake/Properties/ReservedConcurrentExecutions", 2),
    ),
    "a worker for each file": (
        files_wait_in_a_queue,
        put(
            f"{DROP}/LambdaConfigurations",
            [{"Event": "s3:ObjectCreated:*", "Function": {"Fn::GetAtt": "Intake.Arn"}}],
        ),
    ),
    "a drop bucket that tells nobody": (files_wait_in_a_queue, drop(f"{DROP}/QueueConfigurations")),
    "a drop bucket that tells a queue nobody takes from": (
        files_wait_in_a_queue,
        put(f"{DROP}/QueueConfigurations/0/Queue", {"Fn::GetAtt": "IntakeFailed.Arn"}),
    ),
    "events of any bucket": (
        files_wait_in_a_queue,
        drop("Resources/FilesPolicy/Properties/PolicyDocument/Statement/1/Condition/ArnEquals"),
    ),
    "a function slower than its queue allows": (
        messages_stay_hidden_long_enough,
        put(f"{SCAN}/Timeout", 301),
    ),
    "a batch window longer than its queue allows": (
        messages_stay_hidden_long_enough,
        put("Parameters/BatchWindow/MaxValue", 300),
    ),
    "a large delivery without a window": (
        large_deliveries_have_their_window,
        put("Parameters/BatchWindow/MinValue", 0),
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
        drop("Resources/DeadLettersAlarm/Properties/Metrics/2"),
    ),
    "an alarm that waits for ten dead letters": (
        somebody_hears_of_dead_letters,
        put("Resources/DeadLettersAlarm/Properties/Threshold", 10),
    ),
    "posts that wait and nobody hears": (
        somebody_hears_when_work_stands_still,
        drop("Resources/WaitingAlarm/Properties/Metrics/3"),
    ),
    "a throttled function that nobody hears of": (
        somebody_hears_when_work_stands_still,
        drop("Resources/ThrottledAlarm/Properties/Metrics/5"),
    ),
    "a silent schedule that nobody hears of": (
        somebody_hears_when_work_stands_still,
        drop("Resources/PublishMissingAlarm"),
    ),
    "a silent schedule whose missing data is fine": (
        somebody_hears_when_work_stands_still,
        put("Resources/PublishMissingAlarm/Properties/Metrics/0/Expression", "called < 1"),
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
    for variant in VARIANTS:
        assert list(rule(Resolved.of(source(), PublicDoor=door, **variant))) == []


@pytest.mark.parametrize(("rule", "change"), BROKEN.values(), ids=BROKEN)
def test_the_rule_notices(rule: Rule, change: Change) -> None:
    assert list(rule(Resolved.of(broken(change)))) != []


def test_every_rule_can_fail() -> None:
    assert {rule for rule, _ in BROKEN.values()} == set(FLOW_RULES)


def test_each_number_of_workers_is_what_the_parameter_says() -> None:
    template = source()
    mapping = template["Mappings"]["Concurrency"]
    assert {name: row["Workers"] for name, row in mapping.items()} == {n: int(n) for n in mapping}
    for parameter in ("ScanConcurrency", "IntakeConcurrency"):
        assert set(template["Parameters"][parameter]["AllowedValues"]) == mapping.keys()
