//! What AWS would have answered: ids, ARNs and names of the shapes it gives.

use terraform_plugin::{Kind, Schema, Type, Value};

pub const ACCOUNT: &str = "123456789012";

/// ARNs behind `arn:aws:`. `{region}` and `{account}` are the provider's, `{hex}` is drawn, and any other name is
/// that of an attribute.
const ARNS: [(&str, &str); 13] = [
    ("aws_acm_certificate", "acm:{region}:{account}:certificate/{uuid}"),
    ("aws_cloudwatch_log_group", "logs:{region}:{account}:log-group:{name}"),
    ("aws_ecs_cluster", "ecs:{region}:{account}:cluster/{name}"),
    ("aws_ecs_service", "ecs:{region}:{account}:service/{cluster}/{name}"),
    ("aws_ecs_task_definition", "ecs:{region}:{account}:task-definition/{family}:1"),
    ("aws_iam_role", "iam::{account}:role/{name}"),
    ("aws_lb", "elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/{hex}"),
    ("aws_lb_listener", "elasticloadbalancing:{region}:{account}:listener/app/lb/{hex}/{hex}"),
    (
        "aws_lb_listener_rule",
        "elasticloadbalancing:{region}:{account}:listener-rule/app/lb/{hex}/{hex}/{hex}",
    ),
    ("aws_lb_target_group", "elasticloadbalancing:{region}:{account}:targetgroup/{name}/{hex}"),
    ("aws_route53_zone", "route53:::hostedzone/{zone_id}"),
    ("aws_security_group", "ec2:{region}:{account}:security-group/sg-{hex}"),
    ("aws_vpc", "ec2:{region}:{account}:vpc/vpc-{hex}"),
];

/// Ids that are not drawn behind a prefix of the type's own.
const IDS: [(&str, &str); 23] = [
    ("aws_acm_certificate", "{arn}"),
    ("aws_cloudwatch_log_group", "{name}"),
    ("aws_ecs_cluster", "{arn}"),
    ("aws_ecs_service", "{arn}"),
    ("aws_ecs_task_definition", "{family}"),
    ("aws_eip", "eipalloc-{hex}"),
    ("aws_iam_role", "{name}"),
    ("aws_iam_role_policy", "{role}:{name}"),
    ("aws_internet_gateway", "igw-{hex}"),
    ("aws_lb", "{arn}"),
    ("aws_lb_listener", "{arn}"),
    ("aws_lb_listener_rule", "{arn}"),
    ("aws_lb_target_group", "{arn}"),
    ("aws_nat_gateway", "nat-{hex}"),
    ("aws_route", "r-{hex}"),
    ("aws_route53_zone", "{zone_id}"),
    ("aws_route_table", "rtb-{hex}"),
    ("aws_route_table_association", "rtbassoc-{hex}"),
    ("aws_security_group", "sg-{hex}"),
    ("aws_subnet", "subnet-{hex}"),
    ("aws_vpc", "vpc-{hex}"),
    ("aws_vpc_security_group_egress_rule", "sgr-{hex}"),
    ("aws_vpc_security_group_ingress_rule", "sgr-{hex}"),
];

/// What else is made from what else.
const OTHERS: [(&str, &str); 13] = [
    ("account_id", "{account}"),
    ("allocation_id", "{id}"),
    ("availability_zone", "{region}a"),
    ("dns_name", "{name}-{hex}.{region}.elb.amazonaws.com"),
    ("domain_name", "{domain_name}"),
    ("fqdn", "{name}"),
    ("owner_id", "{account}"),
    ("public_ip", "198.51.100.7"),
    ("region", "{region}"),
    ("resource_record_name", "_{hex}.{domain_name}."),
    ("resource_record_type", "CNAME"),
    ("resource_record_value", "_{hex}.acm-validations.aws."),
    ("zone_id", "Z{hex}"),
];

/// Puts something where the plan left open what it will be.
pub fn complete(type_name: &str, schema: &Schema, region: &str, state: &mut Value) {
    let maker = Maker { type_name, region };
    // What others are made from comes first.
    for name in ["region", "zone_id", "name", "arn", "id"] {
        if state.get(name).is_unknown() {
            let made = maker.text(name, state);
            state.set(name, made);
        }
    }
    let whole = state.clone();
    maker.object(schema, &whole, state);
}

struct Maker<'a> {
    type_name: &'a str,
    region: &'a str,
}

impl Maker<'_> {
    fn object(&self, schema: &Schema, around: &Value, state: &mut Value) {
        let Value::Map(members) = state else { return };
        for (name, attribute) in &schema.attributes {
            let Kind::Plain(kind) = &attribute.kind else { continue };
            if let Some(member) = members.get_mut(name) {
                self.value(name, kind, around, member);
            }
        }
        for (name, block) in &schema.blocks {
            match members.get_mut(name) {
                Some(Value::List(blocks)) => {
                    blocks.iter_mut().for_each(|it| self.object(&block.content, around, it));
                }
                Some(block_value) => self.object(&block.content, around, block_value),
                None => {}
            }
        }
    }

    fn value(&self, name: &str, kind: &Type, around: &Value, value: &mut Value) {
        match (kind, value) {
            (Type::String, place @ Value::Unknown) => *place = self.text(name, around).into(),
            (Type::Bool, place @ Value::Unknown) => *place = false.into(),
            (Type::Number, place @ Value::Unknown) => *place = i64::from(name == "revision").into(),
            (Type::Map(_), place @ Value::Unknown) => *place = Value::object::<&str>([]),
            (Type::List(_) | Type::Set(_), place @ Value::Unknown) => *place = Value::List(Vec::new()),
            (Type::Object(kinds), place) => {
                let inner = place.clone();
                for (name, kind) in kinds {
                    let mut member = inner.get(name).clone();
                    self.value(name, kind, &inner, &mut member);
                    place.set(name.as_str(), member);
                }
            }
            (Type::List(kind) | Type::Set(kind), Value::List(elements)) => {
                elements.iter_mut().for_each(|element| self.value(name, kind, around, element));
            }
            _ => {}
        }
    }

    fn text(&self, name: &str, around: &Value) -> String {
        let of = |table: &[(&str, &str)], key: &str| {
            table.iter().find(|(of, _)| *of == key).map(|(_, template)| (*template).to_owned())
        };
        let template = match name {
            "arn" => of(&ARNS, self.type_name).map(|behind| format!("arn:aws:{behind}")),
            "id" => of(&IDS, self.type_name),
            name => of(&OTHERS, name),
        };
        let template = template.unwrap_or_else(|| format!("{}-{{hex}}", name.replace('_', "-")));
        let mut text = String::new();
        for (index, part) in template.split(['{', '}']).enumerate() {
            match part {
                literal if index % 2 == 0 => text.push_str(literal),
                "account" => text.push_str(ACCOUNT),
                "region" => text.push_str(self.region),
                "hex" => text.push_str(&hex(17)),
                "uuid" => text.push_str(&[8, 4, 4, 4, 12].map(hex).join("-")),
                attribute => {
                    // Clusters are named by ARN, and ARNs have their names at the end.
                    let known = around.get(attribute).as_str().unwrap_or("x");
                    let whole = attribute == "arn" || !known.starts_with("arn:");
                    text.push_str(if whole { known } else { known.rsplit('/').next().unwrap_or(known) });
                }
            }
        }
        text
    }
}

fn hex(length: usize) -> String {
    std::iter::repeat_with(|| fastrand::digit(16)).take(length).collect()
}
