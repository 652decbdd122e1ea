# Everything: private subnets, TLS, agent keys, spot with stand-ins, alarms to a topic, Cloud Map, a key of one's own,
# a higher floor in office hours, the monitoring vendor's role. docs/deploy-terraform.md goes through it.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0, < 7.0"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { managed-by = "terraform" }
  }
}

# Not encrypted with alias/aws/sns: CloudWatch may not use that key, and alarms would go nowhere without a word.
resource "aws_sns_topic" "alarms" {
  name = "${var.name}-alarms"
}

resource "aws_service_discovery_private_dns_namespace" "nodes" {
  name        = "${var.name}.internal"
  description = "Relays find the nodes here"
  vpc         = var.vpc_id
}

module "database" {
  source = "../../modules/database"

  name        = var.name
  vpc_id      = var.vpc_id
  subnet_ids  = var.private_subnet_ids
  multi_az    = true
  kms_key_arn = var.kms_key_arn
  topic_arns  = [aws_sns_topic.alarms.arn]
  load        = { messages_per_second = var.messages_per_second, retention_days = var.retention_days }
}

module "capture" {
  source = "../../modules/capture"

  name                 = var.name
  image                = var.image
  image_repository_arn = var.image_repository_arn
  scaling              = var.scaling
  compute              = var.compute
  spool                = { gib = 100 }
  database             = module.database.database
  kms_key_arn          = var.kms_key_arn
  tls                  = { certificate_arn = var.tls_certificate_arn }
  execute_command      = true

  service_discovery = { namespace_id = aws_service_discovery_private_dns_namespace.nodes.id }

  secrets = {
    http_token   = { arn = var.secret_arn }
    agent_keys   = { arn = var.secret_arn }
    kms_key_arns = compact([var.kms_key_arn])
  }

  network = {
    vpc_id       = var.vpc_id
    subnet_ids   = var.private_subnet_ids
    sender_cidrs = var.sender_cidrs
    admin_cidrs  = var.admin_cidrs
  }

  environment = {
    CALLIOPE_STORE_RETENTION = "${var.retention_days}d"
  }

  schedules = {
    office-opens  = { schedule = "cron(30 7 ? * MON-FRI *)", timezone = var.timezone, min = max(4, var.scaling.nodes_min), max = var.scaling.nodes_max }
    office-closes = { schedule = "cron(0 19 ? * MON-FRI *)", timezone = var.timezone, min = var.scaling.nodes_min, max = var.scaling.nodes_max }
  }

  alarms = { topic_arns = [aws_sns_topic.alarms.arn] }
}

module "screen" {
  source = "../../modules/screen"

  name                 = "${var.name}-screen"
  image                = var.image
  image_repository_arn = var.image_repository_arn
  cluster_name         = module.capture.cluster_name
  database             = module.database.database
  certificate_arn      = var.tls_certificate_arn
  public_url           = var.public_url
  secrets = {
    http_token   = { arn = var.secret_arn }
    kms_key_arns = compact([var.kms_key_arn])
  }

  network = {
    vpc_id       = var.vpc_id
    subnet_ids   = var.private_subnet_ids
    viewer_cidrs = var.admin_cidrs
  }
}

module "renewal" {
  source = "../../modules/renewal"

  name         = "${var.name}-renewal"
  cluster_name = module.capture.cluster_name
  services     = compact([module.capture.service_name, module.capture.stand_ins_max > 0 ? "${var.name}-stand-in" : "", module.screen.service_name])
}

module "spot_guard" {
  source = "../../modules/spot-guard"

  name         = "${var.name}-events"
  package      = var.lambda_package
  cluster_name = module.capture.cluster_name
  topic_arns   = [aws_sns_topic.alarms.arn]
  fast_metrics = { service = module.capture.service_name }

  spot = module.capture.stand_ins_max == 0 ? null : {
    service           = module.capture.service_name
    on_demand_service = module.capture.stand_in_service_name
    most              = module.capture.stand_ins_max
    on_ec2_spot_hosts = var.compute.kind == "ec2"
  }
}

module "monitoring_role" {
  source = "../../modules/monitoring-role"
  count  = nonsensitive(var.monitoring == null) ? 0 : 1

  name              = "${var.name}-monitoring"
  vendor_account_id = var.monitoring.vendor_account_id
  external_id       = var.monitoring.external_id
}
