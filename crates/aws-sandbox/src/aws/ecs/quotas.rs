//! How often ECS may be called: the token buckets of
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html>.

use crate::aws::quotas::Bucket;
use crate::call::request::Request;

pub fn buckets(request: &Request) -> Vec<Bucket> {
    vec![match request.operation.as_str() {
        "CreateService" | "UpdateService" | "DeleteService" => ("service modify", 50.0, 5.0),
        "DescribeServices" | "ListServices" => ("service read", 100.0, 20.0),
        "CreateCluster" | "DeleteCluster" => ("cluster modify", 20.0, 1.0),
        "DescribeClusters" | "ListClusters" => ("cluster read", 50.0, 20.0),
        "RegisterTaskDefinition" | "DeregisterTaskDefinition" => ("task definition modify", 20.0, 1.0),
        "TagResource" | "UntagResource" => ("tag modify", 20.0, 10.0),
        "ListTagsForResource" => ("tag read", 50.0, 20.0),
        "StopTask" => ("cluster resource modify", 100.0, 40.0),
        "DescribeTasks" | "ListTasks" => ("cluster resource read", 100.0, 20.0),
        "DescribeServiceDeployments" | "ListServiceDeployments" => ("service deployment read", 50.0, 20.0),
        "DescribeServiceRevisions" => ("service revision read", 50.0, 20.0),
        _ => ("task definition read", 50.0, 20.0),
    }]
}
