"""Holds recorded calls against botocore's models: `referee.py requests|answers|both < calls.json`.

Prints a JSON object: how many calls of each operation were judged, and every finding in words.
"""

import json
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from urllib.parse import parse_qsl

import botocore.parsers
import botocore.serialize
import botocore.session
import botocore.validate

# Codes that the services answer with and the models do not have (facts: seen from clients in the field).
UNMODELLED = {
    "elbv2": {
        "ValidationError", "Throttling", "AccessDenied", "InvalidAction", "ServiceUnavailable",
        "InternalFailure", "SignatureDoesNotMatch", "RequestExpired",
    },
    "ecs": {
        "ThrottlingException", "ServiceUnavailableException", "UnknownOperationException",
        "UnrecognizedClientException", "SerializationException",
    },
}  # fmt: skip
PROTOCOL = {"ecs": "json", "elbv2": "query"}
SESSION = botocore.session.get_session()
MODELS = {name: SESSION.get_service_model(name) for name in PROTOCOL}


class Wrong(Exception):
    pass


def leaf(shape, value, at):
    """Of the type the model says, one of its words, within its bounds."""
    kind = shape.type_name
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    fits = {
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "integer": number and value == int(value),
        "long": number and value == int(value),
        "double": number,
        "float": number,
        "timestamp": number,
    }
    if not fits.get(kind, False):
        raise Wrong(f"{at}: {value!r} is no {kind}")
    words = getattr(shape, "enum", None)
    if words and value not in words:
        raise Wrong(f"{at}: {value!r} is none of {sorted(words)}")
    bounds = shape.metadata
    size = len(value) if kind == "string" else value
    if kind in ("string", "integer", "long") and not bounds.get("min", size) <= size <= bounds.get("max", size):
        raise Wrong(f"{at}: {value!r} is out of bounds")


def walk(shape, value, at):
    """A JSON value as the model wants it."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            raise Wrong(f"{at}: {value!r} is no object")
        for name in shape.required_members:
            if value.get(name) is None:
                raise Wrong(f"{at}.{name} is required and missing")
        for name, inner in value.items():
            if name not in shape.members:
                raise Wrong(f"{at}.{name} is not in the model")
            if inner is not None:
                walk(shape.members[name], inner, f"{at}.{name}")
    elif kind == "list":
        if not isinstance(value, list):
            raise Wrong(f"{at}: {value!r} is no list")
        for number, inner in enumerate(value):
            walk(shape.member, inner, f"{at}[{number}]")
    elif kind == "map":
        if not isinstance(value, dict):
            raise Wrong(f"{at}: {value!r} is no map")
        for key, inner in value.items():
            walk(shape.value, inner, f"{at}[{key}]")
    else:
        leaf(shape, value, at)


def scalar(shape, text, at):
    kind = shape.type_name
    if kind in ("integer", "long"):
        if not text.lstrip("-").isdigit():
            raise Wrong(f"{at}: {text!r} is no {kind}")
        return int(text)
    if kind == "boolean":
        if text not in ("true", "false"):
            raise Wrong(f"{at}: {text!r} is no {kind}")
        return text == "true"
    return text


def from_query(shape, pairs, prefix):
    """The parameters that a form says; takes what it understands out of `pairs`."""
    kind = shape.type_name
    if kind == "structure":
        value = {}
        for name, member in shape.members.items():
            inner = f"{prefix}.{name}" if prefix else name
            if any(key == inner or key.startswith(inner + ".") for key in pairs):
                value[name] = from_query(member, pairs, inner)
        return value
    if kind == "list":
        if pairs.get(prefix) == "":
            del pairs[prefix]
            return []
        value = []
        while any(f"{key}.".startswith(f"{prefix}.member.{len(value) + 1}.") for key in pairs):
            value.append(from_query(shape.member, pairs, f"{prefix}.member.{len(value) + 1}"))
        return value
    return scalar(shape, pairs.pop(prefix, ""), prefix)


def from_xml(shape, element, at):
    """The value that an element says, as `walk` takes it."""
    kind = shape.type_name
    name = lambda child: child.tag.split("}")[-1]
    if kind == "structure":
        value = {}
        for child in element:
            if name(child) not in shape.members:
                raise Wrong(f"{at}.{name(child)} is not in the model")
            if name(child) in value:
                raise Wrong(f"{at}.{name(child)} is there twice")
            value[name(child)] = from_xml(shape.members[name(child)], child, f"{at}.{name(child)}")
        return value
    if kind == "list":
        if any(name(child) != "member" for child in element):
            raise Wrong(f"{at}: a list of something else than <member>")
        return [from_xml(shape.member, child, f"{at}[{n}]") for n, child in enumerate(element)]
    if kind == "timestamp":
        botocore.parsers.parse_timestamp(element.text)
        return 0
    return scalar(shape, element.text or "", at)


def judge_request(call, operation):
    shape = operation.input_shape
    serializer = botocore.serialize.create_serializer(PROTOCOL[call["service"]], False)
    if call["service"] == "ecs":
        if call["content_type"] != "application/x-amz-json-1.1":
            raise Wrong(f"content type {call['content_type']!r}")
        params = json.loads(call["request"])
        walk(shape, params, "request")
        again = json.loads(serializer.serialize_to_request(params, operation)["body"])
        sent = params
    else:
        if not call["content_type"].startswith("application/x-www-form-urlencoded"):
            raise Wrong(f"content type {call['content_type']!r}")
        listed = parse_qsl(call["request"], keep_blank_values=True, strict_parsing=True)
        sent = dict(listed)
        if len(sent) != len(listed):
            raise Wrong("a parameter is there twice")
        pairs = {key: value for key, value in sent.items() if key not in ("Action", "Version")}
        params = from_query(shape, pairs, "")
        if pairs:
            raise Wrong(f"not in the model: {sorted(pairs)}")
        walk(shape, params, "request")
        again = serializer.serialize_to_request(params, operation)["body"]
        again = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in again.items()}
    report = botocore.validate.ParamValidator().validate(params, shape)
    if report.has_errors():
        raise Wrong(report.generate_report())
    if again != sent:
        raise Wrong(f"botocore would send {again}, not {sent}")


def judge_answer(call, operation):
    body = call["response"].encode()
    answer = {"status_code": call["status"], "headers": {k.lower(): v for k, v in call["headers"].items()}, "body": body}
    parser = botocore.parsers.create_parser(PROTOCOL[call["service"]])
    if call["service"] == "elbv2" and call["status"] < 300:
        results(operation, body)
    parsed = parser.parse(dict(answer), operation.output_shape)
    if not parsed.get("ResponseMetadata", {}).get("RequestId"):
        raise Wrong("the answer has no request id")
    if call["status"] >= 300:
        return judge_error(call, operation, parsed)
    shape = operation.output_shape
    if call["service"] == "ecs":
        walk(shape, json.loads(body), "answer")
        return None
    if shape:
        walk(shape, from_xml(shape, results(operation, body), "answer"), "answer")
    return None


def results(operation, body):
    """The element of an answer that holds what the model calls the output."""
    root = ElementTree.fromstring(body)
    if root.tag.split("}")[-1] != f"{operation.name}Response":
        raise Wrong(f"the answer is a <{root.tag}>")
    shape = operation.output_shape
    wrapper = shape.serialization.get("resultWrapper") if shape else f"{operation.name}Result"
    found = [child for child in root if child.tag.split("}")[-1] == wrapper]
    if len(found) != 1:
        raise Wrong(f"{len(found)} times <{wrapper}>")
    return found[0]


def judge_error(call, operation, parsed):
    code = parsed["Error"]["Code"]
    if not parsed["Error"].get("Message"):
        raise Wrong(f"{code} without a message")
    for shape in operation.error_shapes:
        if code in (shape.error_code, shape.name):
            if code != (shape.error_code if call["service"] == "elbv2" else shape.name):
                raise Wrong(f"the error is spelled {code}")
            wished = shape.metadata.get("error", {}).get("httpStatusCode", call["status"])
            if call["status"] != wished:
                raise Wrong(f"{code} goes with status {wished}, not {call['status']}")
            return
    if code not in UNMODELLED[call["service"]]:
        raise Wrong(f"the operation has no error {code}")


def main(sides):
    judged, findings = Counter(), Counter()
    for call in json.load(sys.stdin):
        name = f"{call['service']}:{call['operation']}"
        if call["operation"] not in MODELS[call["service"]].operation_names:
            findings[f"{name}: no such operation"] += 1
            continue
        operation = MODELS[call["service"]].operation_model(call["operation"])
        for side, judge in (("requests", judge_request), ("answers", judge_answer)):
            if sides not in (side, "both"):
                continue
            try:
                judge(call, operation)
            except Wrong as wrong:
                findings[f"{name}: {wrong}"] += 1
            except Exception as error:
                findings[f"{name}: {side} cannot be read: {error!r}"] += 1
        judged[name] += 1
    json.dump({"judged": judged, "findings": [f"{n}x {what}" for what, n in sorted(findings.items())]}, sys.stdout)


main(sys.argv[1])
