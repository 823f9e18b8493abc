//! From a call's path to the service that answers it.

use std::convert::Infallible;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tonic::codegen::{BoxFuture, Service};
use tonic::server::NamedService;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::HealthService;

use super::controller::{Controller, Stdio};
use crate::rpc::Rpc;
use crate::wire::plugin::grpc_controller_server::GrpcControllerServer;
use crate::wire::plugin::grpc_stdio_server::GrpcStdioServer;
use crate::wire::tfplugin6::provider_server::ProviderServer;

/// All services of the plugin. Cheap to clone, once a call.
#[derive(Clone)]
pub struct Router {
    /// Terraform's provider protocol.
    pub provider: ProviderServer<Rpc>,
    /// The host's "end now".
    pub controller: GrpcControllerServer<Controller>,
    /// What we print.
    pub stdio: GrpcStdioServer<Stdio>,
    /// gRPC's standard health check.
    pub health: HealthServer<HealthService>,
}

impl Service<Request<Body>> for Router {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Response<Body>, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let service = request.uri().path().split('/').nth(1).unwrap_or_default();
        if service == name(&self.controller) {
            self.controller.call(request)
        } else if service == name(&self.stdio) {
            self.stdio.call(request)
        } else if service == name(&self.health) {
            self.health.call(request)
        } else {
            // Its answer to a method it does not know, UNIMPLEMENTED, is right for other services too.
            self.provider.call(request)
        }
    }
}

fn name<S: NamedService>(_: &S) -> &'static str {
    S::NAME
}
