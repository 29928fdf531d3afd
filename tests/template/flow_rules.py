"""The house rules of what runs: each is a function that yields what breaks it."""

from collections.abc import Iterator
from math import isnan, nan
from typing import Any

from template.resolved import Resolved, as_list, references

SECTIONS = ["Parameters", "Mappings", "Conditions", "Globals", "Resources", "Outputs"]
NEW_ACCOUNT = 10
"""Workers that a new account may run at a time, until AWS raises its limit."""

CONSTRAINTS = {"AllowedValues", "AllowedPattern", "MinValue", "MaxValue"}


def sections_stand_in_order(stack: Resolved) -> Iterator[str]:
    """Description, Parameters, Mappings, Conditions, Globals, Resources, Outputs."""
    order = [section for section in stack.written if section in SECTIONS]
    if order != sorted(order, key=SECTIONS.index):
        yield f"sections in this order: {order}"


def everything_says_what_it_is(stack: Resolved) -> Iterator[str]:
    """Parameters, functions, layers and outputs have descriptions; parameters are bounded."""
    for section in ("Parameters", "Outputs"):
        for name, one in stack.written[section].items():
            if not one.get("Description"):
                yield f"{section} {name} has no description"
    for name, one in stack.written["Parameters"].items():
        if not CONSTRAINTS & one.keys() or not one.get("ConstraintDescription"):
            yield f"parameter {name} has no constraint, or does not explain it"
    for kind in ("AWS::Lambda::Function", "AWS::Lambda::LayerVersion"):
        for name, one in stack.typed(kind).items():
            if not one.get("Description"):
                yield f"{name} has no description"


def nothing_turns_in_a_circle(stack: Resolved) -> Iterator[str]:
    """CloudFormation can order the resources after SAM has expanded them."""
    resources = stack.expanded["Resources"]
    waits = {name: {one for one in references(resource) if one in resources and one != name}
             for name, resource in resources.items()}  # fmt: skip
    while free := [name for name, others in waits.items() if not others]:
        for name in free:
            del waits[name]
        for others in waits.values():
            others.difference_update(free)
    if waits:
        yield f"these wait for each other: {sorted(waits)}"


def mappings_report_each_failed_message(stack: Resolved) -> Iterator[str]:
    """Otherwise one bad message repeats, and at last kills, its whole batch."""
    for name, mapping in _mappings(stack).items():
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name} does not report batch item failures"


def mappings_are_bounded(stack: Resolved) -> Iterator[str]:
    """MaximumConcurrency, as a number: reserved concurrency would burn receives."""
    for name, mapping in _mappings(stack).items():
        if not isinstance(mapping.get("ScalingConfig", {}).get("MaximumConcurrency"), int):
            yield f"{name} has no MaximumConcurrency"


def a_new_account_can_run_it(stack: Resolved) -> Iterator[str]:
    """All workers together, and no reserved ones, fit the limit of a new account. A function
    without a mapping is called by the operator's feed or schedule, one call at a time. The tip line
    and the console share what is left: whoever asks too early asks again. A stack with a console
    needs two workers more for its decisions, and one that announces four, as the parameters say."""
    functions = stack.typed("AWS::Lambda::Function")
    mappings = _mappings(stack).values()
    asked = {one["TargetFunctionArn"] for one in stack.typed("AWS::Lambda::Url").values()}
    asked |= {
        one["IntegrationUri"] for one in stack.typed("AWS::ApiGatewayV2::Integration").values()
    }
    optional = {"ConsoleCases", "AnnouncementsQueue", "WebhooksQueue"}
    most = NEW_ACCOUNT + 2 * len(optional & stack.resources.keys())
    mapped = {one["FunctionName"] for one in mappings}
    called = [one for one in functions if one not in mapped and stack.arn(one) not in asked]
    workers = len(called) + sum(
        one.get("ScalingConfig", {}).get("MaximumConcurrency", 1_000) for one in mappings
    )
    if workers > most:
        yield f"{workers} workers are more than a new account may run"
    for name, function in functions.items():
        if "ReservedConcurrentExecutions" in function:
            yield f"{name} reserves workers, and a new account has none to reserve"


def files_wait_in_a_queue(stack: Resolved) -> Iterator[str]:
    """A bucket that providers write to tells a queue: S3 would start a worker for each file."""
    bucket = stack.typed("AWS::S3::Bucket")["DropBucket"]["NotificationConfiguration"]
    if bucket.get("LambdaConfigurations"):
        yield "the drop bucket starts a worker for each file"
    told = {_queue(stack, one["Queue"]) for one in bucket.get("QueueConfigurations", ())}
    taken = {_queue(stack, one["EventSourceArn"]) for one in _mappings(stack).values()}
    if not told or told - taken:
        yield "nobody takes what the drop bucket tells"
    arn = stack.arn("DropBucket")
    for queue in told:
        for policy in stack.typed("AWS::SQS::QueuePolicy").values():
            for one in policy["PolicyDocument"]["Statement"] if queue in policy["Queues"] else ():
                sources = str(one.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn"))
                if one["Effect"] == "Allow" and sources != arn:
                    yield f"{queue} takes events of {sources}"


def messages_stay_hidden_long_enough(stack: Resolved) -> Iterator[str]:
    """Visibility of at least 6 x the function's timeout and the batch window (AWS's advice)."""
    functions = stack.typed("AWS::Lambda::Function")
    longest = int(stack.written["Parameters"]["BatchWindow"]["MaxValue"])
    for name, mapping in _mappings(stack).items():
        needed = 6 * functions[mapping["FunctionName"]]["Timeout"] + longest
        queue = _queue(stack, mapping["EventSourceArn"])
        if int(stack.typed("AWS::SQS::Queue")[queue].get("VisibilityTimeout", 30)) < needed:
            yield f"{queue} shows a message again before {needed} s, while {name} may work on it"


def large_deliveries_have_their_window(stack: Resolved) -> Iterator[str]:
    """AWS takes more than ten messages in a delivery only with a window of at least a second."""
    shortest = int(stack.written["Parameters"]["BatchWindow"]["MinValue"])
    for name, mapping in _mappings(stack).items():
        if int(mapping.get("BatchSize", 10)) > 10 and (
            shortest < 1 or not mapping.get("MaximumBatchingWindowInSeconds")
        ):
            yield f"{name} has no window for its {mapping['BatchSize']} messages"


def dead_letters_outlive_their_source(stack: Resolved) -> Iterator[str]:
    """A dead letter keeps the time of its first sending: the source's days are part of its own."""
    queues = stack.typed("AWS::SQS::Queue")
    for name in {_queue(stack, one["EventSourceArn"]) for one in _mappings(stack).values()}:
        redrive = queues[name].get("RedrivePolicy")
        if redrive is None:
            yield f"{name} has no dead letters"
            continue
        dead = queues[_queue(stack, redrive["deadLetterTargetArn"])]
        if dead["MessageRetentionPeriod"] < 2 * queues[name]["MessageRetentionPeriod"]:
            yield f"the dead letters of {name} vanish too early"


def every_function_fails_into_something(stack: Resolved) -> Iterator[str]:
    """Dead letters behind its queues, or a failure destination that its role may send to. A
    function that is only asked, over its URL, tells a failure to whoever asks."""
    asked = {one["TargetFunctionArn"] for one in stack.typed("AWS::Lambda::Url").values()}
    asked |= {
        one["IntegrationUri"] for one in stack.typed("AWS::ApiGatewayV2::Integration").values()
    }
    mapped = {mapping["FunctionName"] for mapping in _mappings(stack).values()}
    targets = {config["FunctionName"]: config.get("DestinationConfig", {}).get("OnFailure", {})
               for config in stack.typed("AWS::Lambda::EventInvokeConfig").values()}  # fmt: skip
    for function in stack.typed("AWS::Lambda::Function"):
        target = targets.get(function, {}).get("Destination")
        sends = any(
            "sqs:SendMessage" in as_list(one["Action"]) and target in as_list(one["Resource"])
            for one in stack.grants(stack.role_of(function))
        )
        tells = function in mapped or stack.arn(function) in asked
        if not tells and not (target and sends):
            yield f"{function} has no failure path"


def somebody_hears_of_dead_letters(stack: Resolved) -> Iterator[str]:
    """An alarm on each queue that holds what failed."""
    sources = stack.typed("AWS::SQS::Queue").values()
    failed = {queue["RedrivePolicy"]["deadLetterTargetArn"]
              for queue in sources if "RedrivePolicy" in queue}  # fmt: skip
    for config in stack.typed("AWS::Lambda::EventInvokeConfig").values():
        failed.add(config["DestinationConfig"]["OnFailure"]["Destination"])
    heard = _heard(stack, "ApproximateNumberOfMessagesVisible", 1)
    for name in sorted({_queue(stack, arn) for arn in failed}):
        if f"{name}.QueueName" not in heard:
            yield f"no alarm on {name}"


def somebody_hears_when_work_stands_still(stack: Resolved) -> Iterator[str]:
    """An alarm on the age of each queue, the throttles of each function, and a silent schedule."""
    aged = _heard(stack, "ApproximateAgeOfOldestMessage", 6 * 3600 + 1)
    for mapping in _mappings(stack).values():
        queue = _queue(stack, mapping["EventSourceArn"])
        if f"{queue}.QueueName" not in aged:
            yield f"nobody hears when messages of {queue} wait"
    throttled = _heard(stack, "Throttles", 1)
    for name in sorted(stack.typed("AWS::Lambda::Function").keys() - throttled):
        yield f"nobody hears when {name} is throttled"
    missed = _heard(stack, "Invocations", nan, others=1)  # no call, no data
    for name, schedule in stack.typed("AWS::Scheduler::Schedule").items():
        called = {one for one in missed if stack.arn(one) == schedule["Target"]["Arn"]}
        if not called:
            yield f"nobody hears when {name} calls nobody"


def every_function_logs_into_its_own_group(stack: Resolved) -> Iterator[str]:
    """A group of the stack, with an end and a key; nothing that Lambda would make by itself."""
    groups = stack.typed("AWS::Logs::LogGroup")
    for name, function in stack.typed("AWS::Lambda::Function").items():
        group = groups.get(function.get("LoggingConfig", {}).get("LogGroup", ""))
        if group is None or not {"RetentionInDays", "KmsKeyId"} <= group.keys():
            yield f"{name} has no log group with retention and key"


def _mappings(stack: Resolved) -> dict[str, dict[str, Any]]:
    return stack.typed("AWS::Lambda::EventSourceMapping")


def watched(alarm: dict[str, Any]) -> list[dict[str, Any]]:
    """The metrics of an alarm; the first of its queries is its expression."""
    return [one for one in alarm["Metrics"] if "MetricStat" in one]


def rings(alarm: dict[str, Any], **values: float) -> bool:
    """Whether an alarm would ring where its metrics have these values and the others no data."""
    given = {one["Id"]: values.get(one["Id"], nan) for one in watched(alarm)}
    math = {
        "METRICS": given.values,
        "MAX": lambda many: max((one for one in many if not isnan(one)), default=nan),
        "FILL": lambda one, missing: missing if isnan(one) else one,
        "IF": lambda condition, yes, no: yes if condition else no,
    }
    return bool(eval(alarm["Metrics"][0]["Expression"], math | given) > alarm["Threshold"])


def _heard(stack: Resolved, metric: str, value: float, others: float = nan) -> set[str]:
    """The queues and functions of which an alarm rings when this metric of theirs has the value."""
    return {
        str(one["MetricStat"]["Metric"]["Dimensions"][0]["Value"])
        for alarm in stack.typed("AWS::CloudWatch::Alarm").values()
        for one in watched(alarm)
        if one["MetricStat"]["Metric"]["MetricName"] == metric
        and rings(alarm, **{two["Id"]: others for two in watched(alarm)} | {one["Id"]: value})
    }


def _queue(stack: Resolved, arn: str) -> str:
    return next(name for name in stack.typed("AWS::SQS::Queue") if stack.arn(name) == arn)
