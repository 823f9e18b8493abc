"""Questions about certificates, roles and objects, for `differential.py`: name, what AWS answers, how to ask."""

import datetime

import boto3
from botocore.config import Config
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NO_CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
ROLE = "arn:aws:iam::123456789012:role/deploy"


def made(domain):
    """A self-signed certificate and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - day)
    builder = builder.not_valid_after(now + 30 * day)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), False)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    form = serialization.PrivateFormat.PKCS8
    return certificate, key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def clients(stage, options):
    """What the questions here ask with."""
    stage.acm, stage.sts = boto3.client("acm", **options), boto3.client("sts", **options)
    by_path = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    stage.s3 = boto3.client("s3", **(options | {"config": by_path}))
    stage.s3.create_bucket(Bucket="asked", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


def described(s, arn):
    return s.acm.describe_certificate(CertificateArn=arn)["Certificate"]


def requested(s, domain="asked.example.com", **more):
    return s.acm.request_certificate(DomainName=domain, ValidationMethod="DNS", **more)["CertificateArn"]


def imported(s, domain="own.example.com", **more):
    certificate, key = made(domain)
    return s.acm.import_certificate(Certificate=certificate, PrivateKey=key, **more)["CertificateArn"]


def mixed(s):
    (certificate, _), (_, key) = made("one.example.com"), made("other.example.com")
    return s.acm.import_certificate(Certificate=certificate, PrivateKey=key)


def names(s):
    told = described(s, requested(s, SubjectAlternativeNames=["*.asked.example.com"]))
    return [told["DomainName"], sorted(told["SubjectAlternativeNames"]), told["Type"]]


def imported_again(s):
    arn = imported(s)
    told = described(s, arn)
    return [imported(s, CertificateArn=arn) == arn, told["Type"], told["Status"], told["KeyAlgorithm"]]


def certificate_tags(s):
    arn = imported(s, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    s.acm.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "c", "Value": "3"}])
    s.acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "a"}, {"Key": "b", "Value": "other"}])
    tags = s.acm.list_tags_for_certificate(CertificateArn=arn)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in tags}


def deleted(s):
    arn = imported(s)
    s.acm.delete_certificate(CertificateArn=arn)
    return described(s, arn)


def secure(s, port, *arns, **more):
    fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    certificates = {"Certificates": [{"CertificateArn": arn} for arn in arns]} if arns else {}
    listener = s.elb.create_listener(
        LoadBalancerArn=s.balancer, Protocol="HTTPS", Port=port, DefaultActions=fixed, **certificates, **more
    )
    return listener["Listeners"][0]["ListenerArn"]


def listener_certificates(s):
    default, other = imported(s), imported(s, "other.example.com")
    listener = secure(s, 18443, default)
    s.elb.add_listener_certificates(ListenerArn=listener, Certificates=[{"CertificateArn": other}])
    told = s.elb.describe_listener_certificates(ListenerArn=listener)["Certificates"]
    return sorted((it["CertificateArn"] == default, it.get("IsDefault")) for it in told)


def in_use(s):
    arn = imported(s)
    secure(s, 18444, arn)
    return s.acm.delete_certificate(CertificateArn=arn)


def role(s):
    return s.sts.assume_role(RoleArn=ROLE, RoleSessionName="asked")["AssumedRoleUser"]["Arn"]


def put(s, key, body=b"123456789", **more):
    return s.s3.put_object(Bucket="asked", Key=key, Body=body, **more)


def twice(s):
    put(s, "twice", IfNoneMatch="*")
    return put(s, "twice", IfNoneMatch="*")


def part(s):
    put(s, "part")
    told = s.s3.get_object(Bucket="asked", Key="part", Range="bytes=2-4")
    return [told["Body"].read().decode(), told["ContentRange"]]


def listing(s):
    for key in ("list/a", "list/b/c", "list/b/d"):
        put(s, key)
    told = s.s3.list_objects_v2(Bucket="asked", Prefix="list/", Delimiter="/")
    return [[it["Key"] for it in told["Contents"]], [it["Prefix"] for it in told["CommonPrefixes"]]]


def whole(s):
    put(s, "whole", ContentType="application/json", Metadata={"a": "b"})
    told = s.s3.head_object(Bucket="asked", Key="whole")
    return [told["ContentLength"], told["ContentType"], told["Metadata"]]


QUESTIONS = [
    ("no certificate", "ResourceNotFoundException", lambda s: described(s, NO_CERTIFICATE)),
    ("a requested certificate", ["asked.example.com", ["*.asked.example.com", "asked.example.com"], "AMAZON_ISSUED"], names),
    ("the same request again", True, lambda s: requested(s, IdempotencyToken="t") == requested(s, IdempotencyToken="t")),
    ("an imported certificate", [True, "IMPORTED", "ISSUED", "EC-prime256v1"], imported_again),
    ("a key of another certificate", "ValidationException", mixed),
    ("tags of a certificate", {"b": "2", "c": "3"}, certificate_tags),
    ("a deleted certificate", "ResourceNotFoundException", deleted),
    ("a secure listener without certificate", "ValidationError", lambda s: secure(s, 18445)),
    ("a secure listener of no certificate", "CertificateNotFound", lambda s: secure(s, 18445, NO_CERTIFICATE)),
    ("an unknown policy", "SSLPolicyNotFound", lambda s: secure(s, 18445, imported(s), SslPolicy="none")),
    ("certificates of a listener", [(False, False), (True, True)], listener_certificates),
    ("delete a certificate in use", "ResourceInUseException", in_use),
    ("who am I", "123456789012", lambda s: s.sts.get_caller_identity()["Account"]),
    ("a role taken on", "arn:aws:sts::123456789012:assumed-role/deploy/asked", role),
    ("put what is there", "PreconditionFailed", twice),
    ("no object", "NoSuchKey", lambda s: s.s3.get_object(Bucket="asked", Key="none")),
    ("head of no object", "404", lambda s: s.s3.head_object(Bucket="asked", Key="none")),
    ("an object in no bucket", "NoSuchBucket", lambda s: s.s3.get_object(Bucket="none-such", Key="none")),
    ("part of an object", ["345", "bytes 2-4/9"], part),
    ("beyond an object", "InvalidRange", lambda s: s.s3.get_object(Bucket="asked", Key="part", Range="bytes=9-")),
    ("an object's head", [9, "application/json", {"a": "b"}], whole),
    ("objects and prefixes", [["list/a"], ["list/b/"]], listing),
    ("delete no object", 204, lambda s: s.s3.delete_object(Bucket="asked", Key="none")["ResponseMetadata"]["HTTPStatusCode"]),
    ("delete a bucket with objects", "BucketNotEmpty", lambda s: s.s3.delete_bucket(Bucket="asked")),
]  # fmt: skip
