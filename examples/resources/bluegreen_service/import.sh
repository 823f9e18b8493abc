# CLUSTER/NAME: the ECS services NAME-blue and NAME-green, or one service NAME.
terraform import bluegreen_service.nginx shop/nginx

# CLUSTER/BLUE,GREEN: two services by their names.
terraform import bluegreen_service.nginx shop/web-a,web-b

# One service, or two with a comma between them, by ARN.
terraform import bluegreen_service.nginx arn:aws:ecs:eu-west-1:123456789012:service/shop/nginx
