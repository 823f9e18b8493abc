# CLUSTER/NAME, where NAME-blue and NAME-green are the two ECS services.
terraform import bluegreen_service.nginx shop/nginx
