# An account with nothing in it but its default VPC, to HEP on port 9060, in ten minutes: docs/deploy-terraform.md.
# Two tasks on Fargate, a small PostgreSQL, a load balancer inside the VPC.

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
}

data "aws_vpc" "default" {
  default = true
}

data "aws_subnets" "default" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
  filter {
    name   = "default-for-az"
    values = ["true"]
  }
}

module "database" {
  source = "../../modules/database"

  vpc_id              = data.aws_vpc.default.id
  subnet_ids          = data.aws_subnets.default.ids
  deletion_protection = var.deletion_protection
  load                = { messages_per_second = var.messages_per_second, retention_days = 7 }
}

module "capture" {
  source = "../../modules/capture"

  image               = var.image
  scaling             = var.scaling
  database            = module.database.database
  secrets             = { http_token = { arn = var.secret_arn } }
  deletion_protection = var.deletion_protection

  network = {
    vpc_id           = data.aws_vpc.default.id
    subnet_ids       = data.aws_subnets.default.ids
    sender_cidrs     = [data.aws_vpc.default.cidr_block]
    assign_public_ip = true # the default VPC has no NAT: this is how tasks reach AWS; nothing reaches them
  }
}

# The database's password changes on the first of the month at three; tasks read it anew at five.
module "renewal" {
  source = "../../modules/renewal"

  cluster_name = module.capture.cluster_name
  services     = [module.capture.service_name]
}
