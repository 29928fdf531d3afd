"""A provider's small stack, beside the stack that it sends to."""

from typing import Any

from template.resolved import Resolved, resolved

PLACE = "123456789012-eu-west-1"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"
POSTS, CASES = (f"arn:aws:sqs:eu-west-1:123456789012:{queue}" for queue in ("posts", "cases"))


def bucket(kind: str) -> str:
    """The ARN of one of the stack's buckets."""
    return f"arn:aws:s3:::terang-{kind}-{PLACE}"


def provider_stack(name: str, written: dict[str, Any] | None = None) -> Resolved:
    parameters = {"ProviderId": name, "TrustedPrincipal": "arn:aws:iam::210987654321:root",
                  "DropBucket": bucket("drop").rpartition(":")[2],
                  "OutBucket": bucket("out").rpartition(":")[2], "PostsArn": POSTS,
                  "CasesArn": CASES, "KeyArn": KEY}  # fmt: skip
    if written is None:
        return resolved("provider.yaml", **parameters)
    return Resolved.of(written, **parameters)
