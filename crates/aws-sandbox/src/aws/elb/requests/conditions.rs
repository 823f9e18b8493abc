//! Reads and checks the conditions of a request.

use ipnet::IpNet;

use crate::aws::elb::model::condition::Condition;
use crate::aws::elb::refusals::validation;
use crate::call::error::ApiError;
use crate::call::params::Params;
use crate::pattern::Pattern;

/// Most values (and most wildcards) in all conditions of one rule.
const MOST: usize = 5;

/// Reads the list `name`; `Ok(None)` if it is absent.
pub fn parse(params: &Params, name: &str) -> Result<Option<Vec<Condition>>, ApiError> {
    let Some(given) = params.objects(name)? else { return Ok(None) };
    if given.is_empty() {
        return Err(validation("A condition must be specified"));
    }
    let conditions: Vec<Condition> = given.iter().map(one).collect::<Result<_, _>>()?;
    for (index, condition) in conditions.iter().enumerate() {
        let field = condition.field();
        let repeatable = matches!(
            condition,
            Condition::Header { .. } | Condition::HeaderRegex { .. } | Condition::Query(_)
        );
        if !repeatable && conditions[..index].iter().any(|earlier| earlier.field() == field) {
            return Err(validation(format!("A rule can only have one '{field}' condition")));
        }
    }
    if conditions.iter().map(|condition| condition.values().len()).sum::<usize>() > MOST {
        return Err(validation(format!("A rule can only have '{MOST}' condition values")));
    }
    let wildcards = |text: &String| text.matches(['*', '?']).count();
    let plain = |it: &&Condition| {
        matches!(it, Condition::Host(_) | Condition::Path(_) | Condition::Header { .. } | Condition::Query(_))
    };
    let patterns = conditions.iter().filter(plain);
    if patterns.flat_map(Condition::values).map(|text| wildcards(&text)).sum::<usize>() > MOST {
        return Err(validation(format!("A rule can only have '{MOST}' condition wildcards")));
    }
    Ok(Some(conditions))
}

fn one(given: &Params) -> Result<Condition, ApiError> {
    let field = match given.text("Field")? {
        Some(field) if !field.is_empty() => field,
        _ => return Err(validation("A condition field must be specified")),
    };
    let config = match field {
        "host-header" => "HostHeaderConfig",
        "path-pattern" => "PathPatternConfig",
        "source-ip" => "SourceIpConfig",
        "http-request-method" => "HttpRequestMethodConfig",
        "http-header" => "HttpHeaderConfig",
        "query-string" => "QueryStringConfig",
        other => {
            return Err(validation(format!(
                "Condition field '{other}' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'"
            )));
        }
    };
    let inner = given.object(config)?;
    if field == "query-string" {
        return query(inner);
    }
    if let Some(expressions) = regular(given, inner.as_ref())? {
        return regex(field, &expressions, given, inner.as_ref());
    }
    let shortcut = given.texts("Values")?.filter(|values| !values.is_empty());
    let listed = match &inner {
        None => None,
        Some(inner) => inner.texts("Values")?.filter(|values| !values.is_empty()),
    };
    let values: Vec<String> = match (shortcut, listed) {
        (Some(_), Some(_)) => {
            return Err(validation(format!(
                "You cannot specify both 'Values' and '{config}' in a condition"
            )));
        }
        (Some(values), None) if matches!(field, "host-header" | "path-pattern") => owned(values),
        (None, Some(values)) => owned(values),
        _ => return Err(validation(format!("A condition value must be specified for the field '{field}'"))),
    };
    match field {
        "host-header" => check_each(field, &values, host).map(|()| Condition::Host(values)),
        "path-pattern" => check_each(field, &values, path).map(|()| Condition::Path(values)),
        "http-request-method" => check_each(field, &values, method).map(|()| Condition::Method(values)),
        "source-ip" => values.into_iter().map(source).collect::<Result<_, _>>().map(Condition::SourceIp),
        _ => {
            let name = header_name(inner.as_ref())?;
            check_each(field, &values, |text| !text.is_empty() && text.len() <= 128)?;
            Ok(Condition::Header { name, values })
        }
    }
}

fn header_name(inner: Option<&Params>) -> Result<String, ApiError> {
    let name = inner.and_then(|it| it.text("HttpHeaderName").ok().flatten()).unwrap_or_default();
    if name.is_empty() || name.len() > 40 || !name.bytes().all(token) {
        return Err(validation(format!("The HTTP header name '{name}' is not valid")));
    }
    Ok(name.to_owned())
}

/// The regular expressions of a condition, wherever they stand; `None` if there are none.
fn regular<'a>(given: &Params<'a>, inner: Option<&Params<'a>>) -> Result<Option<Vec<&'a str>>, ApiError> {
    let listed = match inner {
        None => None,
        Some(inner) => inner.texts("RegexValues")?.filter(|list| !list.is_empty()),
    };
    let shortcut = given.texts("RegexValues")?.filter(|list| !list.is_empty());
    Ok(listed.or(shortcut))
}

/// A condition of regular expressions: values or expressions, not both
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html>).
fn regex(field: &str, texts: &[&str], given: &Params, inner: Option<&Params>) -> Result<Condition, ApiError> {
    if !["host-header", "path-pattern", "http-header"].contains(&field) {
        return Err(validation(format!("Regular expressions are not supported for the field '{field}'")));
    }
    if given.has("Values") || inner.is_some_and(|it| it.has("Values")) {
        return Err(validation("You cannot specify both values and regular expressions in a condition"));
    }
    let one = |text: &&str| match text.len() {
        0 | 129.. => Err(validation(format!("The regular expression '{text}' is not valid"))),
        // As with values, only paths are compared with case.
        _ => Pattern::new(text, field != "path-pattern")
            .map_err(|why| validation(format!("The regular expression '{text}' is not valid: {why}"))),
    };
    let patterns: Vec<Pattern> = texts.iter().map(one).collect::<Result<_, _>>()?;
    Ok(match field {
        "host-header" => Condition::HostRegex(patterns),
        "path-pattern" => Condition::PathRegex(patterns),
        _ => Condition::HeaderRegex { name: header_name(inner)?, patterns },
    })
}

fn query(inner: Option<Params>) -> Result<Condition, ApiError> {
    let pairs = match inner {
        None => None,
        Some(inner) => inner.objects("Values")?,
    };
    let mut values = Vec::new();
    for pair in pairs.unwrap_or_default() {
        let key = pair.text("Key")?.filter(|key| !key.is_empty());
        let value = pair.text("Value")?.unwrap_or_default();
        if value.is_empty() || value.len() > 128 || key.is_some_and(|key| key.len() > 128) {
            return Err(validation(format!("The query string condition value '{value}' is not valid")));
        }
        values.push((key.map(str::to_owned), value.to_owned()));
    }
    if values.is_empty() {
        return Err(validation("A condition value must be specified for the field 'query-string'"));
    }
    Ok(Condition::Query(values))
}

fn owned(values: Vec<&str>) -> Vec<String> {
    values.into_iter().map(str::to_owned).collect()
}

fn check_each(field: &str, values: &[String], right: impl Fn(&str) -> bool) -> Result<(), ApiError> {
    match values.iter().find(|value| !right(value)) {
        None => Ok(()),
        Some(value) => {
            Err(validation(format!("The value '{value}' of the condition field '{field}' is not valid")))
        }
    }
}

/// Must contain a dot, with only letters after the last one.
fn host(text: &str) -> bool {
    let wild = |byte: u8| matches!(byte, b'*' | b'?');
    let Some((_, last)) = text.rsplit_once('.') else { return false };
    text.len() <= 128
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.') || wild(byte))
        && !last.is_empty()
        && last.bytes().all(|byte| byte.is_ascii_alphabetic() || wild(byte))
}

fn path(text: &str) -> bool {
    let extra = b"_-.$/~\"'@:+&()!,;=%*?";
    !text.is_empty()
        && text.len() <= 128
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || extra.contains(&byte))
}

fn method(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'-' | b'_'))
}

fn token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"*?-!#$%&'+.^_`|~".contains(&byte)
}

fn source(text: String) -> Result<(String, IpNet), ApiError> {
    match text.parse::<IpNet>() {
        Ok(_) if text == "255.255.255.255/32" => {
            Err(validation("The CIDR block '255.255.255.255/32' cannot be used in a source-ip condition"))
        }
        Ok(net) => Ok((text, net)),
        Err(_) => Err(validation(format!("The source IP '{text}' must be in CIDR notation"))),
    }
}
