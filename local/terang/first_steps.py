"""Lines for a shell of a new provider: its buckets and queues, a first file, a first message."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from terang.emulator.stack import ACCOUNT

LOOPBACK = {"127.0.0.1", "localhost", "::1"}

_TEXT = """\
# {provider}: what it needs. These lines can be typed as they are.
# role:      {role}
# files:     s3://{drop}/drop/{provider}/
# posts:     {posts}
# cases:     {cases}
#            each message has the attribute provider = {provider}
# receipts:  s3://{out}/out/{provider}/receipts/
# findings:  s3://{out}/out/{provider}/findings/
{environment}
# A first file: its receipt comes within seconds.
cat > first.jsonl <<'EOF'
{{"id": "first-1", "account": "user-1", "text": "Please send me the OTP you just got", \
"audience": "public", "published_at": "2026-11-25T10:00:00Z"}}
EOF
{aws} s3 cp first.jsonl s3://{drop}/drop/{provider}/first.jsonl
{aws} s3 ls --recursive s3://{out}/out/{provider}/

# A first message of two posts. The first meets a rule; the second is not public, and is refused.
# It needs Python with boto3, which the checkout's .venv/bin/python has.
python3 - <<'EOF'
import json, time
import boto3

text = "Please send me the OTP you just got, I need it"
post = {{"account": "user-1", "text": text, "published_at": "2026-11-25T10:00:00Z"}}
posts = [post | {{"id": "first-2", "audience": "public"}},
         post | {{"id": "first-3", "audience": "friends"}}]
s3, until = boto3.client("s3"), time.monotonic() + 60

def keys(place):
    listed = s3.get_paginator("list_objects_v2").paginate(
        Bucket="{out}", Prefix="out/{provider}/" + place + "/")
    return {{stored["Key"] for page in listed for stored in page.get("Contents", ())}}

before = {{place: keys(place) for place in ("receipts/messages", "findings")}}
boto3.client("sqs").send_message(
    QueueUrl="{posts}",
    MessageBody=json.dumps(posts),
    MessageAttributes={{"provider": {{"DataType": "String", "StringValue": "{provider}"}}}},
)
for place, known in before.items():
    while not (new := keys(place) - known):
        if time.monotonic() > until:
            raise SystemExit("nothing came under " + place + " within a minute")
        time.sleep(1)
    for key in sorted(new):
        print("s3://{out}/" + key)
        print(s3.get_object(Bucket="{out}", Key=key)["Body"].read().decode())
EOF
"""

_TAKE_ROLE = """\
export AWS_DEFAULT_REGION={region}
export $(printf 'AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s AWS_SESSION_TOKEN=%s' \\
  $(aws sts assume-role --role-arn {role} --role-session-name first \\
    --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text))
"""

_ANYBODY = "none is needed: this local stack takes any credentials"


@dataclass(frozen=True, slots=True)
class Access:
    """Where a provider sends and reads. `endpoint` is the address of a local stack, or empty."""

    provider: str
    role: str
    region: str
    drop_bucket: str
    out_bucket: str
    posts_url: str
    cases_url: str
    endpoint: str = ""

    @classmethod
    def of(
        cls, provider: str, role: str, outputs: dict[str, str], region: str, endpoint: str
    ) -> Self:
        """Read the outputs of a stack; `endpoint` is that of any of its clients."""
        return cls(
            provider=provider,
            role=role,
            region=region,
            drop_bucket=outputs["DropBucket"],
            out_bucket=outputs["OutBucket"],
            posts_url=outputs["PostsUrl"],
            cases_url=outputs.get("CasesUrl", "none: the stack is older than its queue of cases"),
            endpoint=endpoint if is_loopback(endpoint) else "",
        )


def is_loopback(endpoint: str) -> bool:
    """Return whether an address is that of this machine, where a local stack runs.

    >>> is_loopback("http://127.0.0.1:4566"), is_loopback("https://sqs.eu-west-1.amazonaws.com")
    (True, False)
    """
    return urlsplit(endpoint).hostname in LOOPBACK


def senders_of(role_id: str, account: str, endpoint: str) -> set[str]:
    """Return what SQS names as the sender of a role's messages: the emulator names its account.

    >>> senders_of("AROA1", "123456789012", "https://sqs.eu-west-1.amazonaws.com")
    {'AROA1'}
    """
    emulated = account == ACCOUNT and is_loopback(endpoint)
    return {role_id, ACCOUNT} if emulated else {role_id}


def first_steps(access: Access) -> str:
    """Return lines for a shell: where the provider sends and reads, a first file and message."""
    if access.endpoint:
        given = {
            "AWS_ENDPOINT_URL": access.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": access.region,
            "AWS_REGION": access.region,
        }
        environment = "".join(f"export {name}={value}\n" for name, value in given.items())
    else:
        environment = _TAKE_ROLE.format(region=access.region, role=access.role)
    return _TEXT.format(
        provider=access.provider,
        role=access.role or _ANYBODY,
        drop=access.drop_bucket,
        out=access.out_bucket,
        posts=access.posts_url,
        cases=access.cases_url,
        environment=environment,
        # Versions 1 of the AWS CLI do not read AWS_ENDPOINT_URL for every service.
        aws=f"aws --endpoint-url {access.endpoint}" if access.endpoint else "aws",
    )
