# What AWS would answer, for tests: names and ARNs of an account that does not exist.

mock_data "aws_caller_identity" {
  defaults = { account_id = "111122223333" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
}

mock_data "aws_region" {
  defaults = { region = "eu-central-1" }
}

mock_data "aws_ssm_parameter" {
  defaults = { insecure_value = "ami-0123456789abcdef0" }
}

mock_data "aws_vpc" {
  defaults = { id = "vpc-0aaaaaaaaaaaaaaa1", cidr_block = "172.31.0.0/16" }
}

mock_data "aws_subnets" {
  defaults = { ids = ["subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2"] }
}

mock_resource "aws_lb" {
  defaults = {
    arn        = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/net/calliope/0123456789abcdef"
    arn_suffix = "net/calliope/0123456789abcdef"
    dns_name   = "calliope-0123456789abcdef.elb.eu-central-1.amazonaws.com"
    zone_id    = "Z3F0SRJ5LGBH90"
  }
}

mock_resource "aws_lb_target_group" {
  defaults = {
    arn        = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/calliope/0123456789abcdef"
    arn_suffix = "targetgroup/calliope/0123456789abcdef"
  }
}

mock_resource "aws_lb_listener" {
  defaults = {
    arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/net/calliope/0123456789abcdef/0123456789abcdef"
  }
}

mock_resource "aws_security_group" {
  defaults = { id = "sg-0aaaaaaaaaaaaaaa1", arn = "arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0aaaaaaaaaaaaaaa1" }
}

mock_resource "aws_ecs_cluster" {
  defaults = { arn = "arn:aws:ecs:eu-central-1:111122223333:cluster/calliope" }
}

mock_resource "aws_ecs_service" {
  defaults = { arn = "arn:aws:ecs:eu-central-1:111122223333:service/calliope/calliope" }
}

mock_resource "aws_ecs_task_definition" {
  defaults = { arn = "arn:aws:ecs:eu-central-1:111122223333:task-definition/calliope:1" }
}

mock_resource "aws_ecs_capacity_provider" {
  defaults = { arn = "arn:aws:ecs:eu-central-1:111122223333:capacity-provider/calliope" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/calliope/calliope" }
}

mock_resource "aws_cloudwatch_metric_alarm" {
  defaults = { arn = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:calliope" }
}

mock_resource "aws_appautoscaling_policy" {
  defaults = {
    arn = "arn:aws:autoscaling:eu-central-1:111122223333:scalingPolicy:01234567-89ab-cdef-0123-456789abcdef:resource/ecs/service/calliope/calliope:policyName/calliope"
  }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::111122223333:role/calliope" }
}

mock_resource "aws_iam_policy" {
  defaults = { arn = "arn:aws:iam::111122223333:policy/calliope" }
}

mock_resource "aws_iam_instance_profile" {
  defaults = { arn = "arn:aws:iam::111122223333:instance-profile/calliope" }
}

mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws:s3:::calliope-handover-111122223333-eu-central-1" }
}

mock_resource "aws_autoscaling_group" {
  defaults = {
    arn  = "arn:aws:autoscaling:eu-central-1:111122223333:autoScalingGroup:01234567-89ab-cdef-0123-456789abcdef:autoScalingGroupName/calliope-hosts"
    name = "calliope-hosts"
  }
}

mock_resource "aws_launch_template" {
  defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
}

mock_resource "aws_db_instance" {
  defaults = {
    address            = "calliope.abcdefghijkl.eu-central-1.rds.amazonaws.com"
    arn                = "arn:aws:rds:eu-central-1:111122223333:db:calliope"
    port               = 5432
    master_user_secret = [{ kms_key_id = "", secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!db-calliope-AbCdEf", secret_status = "active" }]
  }
}

mock_resource "aws_sqs_queue" {
  defaults = { arn = "arn:aws:sqs:eu-central-1:111122223333:calliope-events" }
}

mock_resource "aws_lambda_function" {
  defaults = { arn = "arn:aws:lambda:eu-central-1:111122223333:function:calliope-events" }
}

mock_resource "aws_cloudwatch_event_rule" {
  defaults = { arn = "arn:aws:events:eu-central-1:111122223333:rule/calliope" }
}

mock_data "aws_subnet" {
  defaults = { cidr_block = "10.20.1.0/24" }
}
