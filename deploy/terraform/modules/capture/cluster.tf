# The cluster, and which capacity providers tasks may be placed on.

locals {
  own_cluster  = var.cluster == null
  cluster_name = local.own_cluster ? aws_ecs_cluster.fleet[0].name : var.cluster.name
  cluster_arn  = local.own_cluster ? aws_ecs_cluster.fleet[0].arn : "arn:${local.partition}:ecs:${local.region}:${local.account}:cluster/${var.cluster.name}"

  spot = var.scaling.capacity.spot_weight > 0

  # On-demand and spot, in each of the three kinds; a cluster of one's own brings its own names.
  providers = local.own_cluster ? {
    fargate = { on_demand = "FARGATE", spot = "FARGATE_SPOT" }
    ec2 = {
      on_demand = one(aws_ecs_capacity_provider.hosts[*].name)
      spot      = one(aws_ecs_capacity_provider.hosts_spot[*].name)
    }
    managed_instances = {
      on_demand = one(aws_ecs_capacity_provider.managed[*].name)
      spot      = one(aws_ecs_capacity_provider.managed_spot[*].name)
    }
  }[var.compute.kind] : { on_demand = var.cluster.on_demand_provider, spot = var.cluster.spot_provider }

  # Hosts of our own are only made for a cluster of our own.
  makes_hosts   = local.own_cluster && var.compute.kind == "ec2"
  makes_managed = local.own_cluster && var.compute.kind == "managed_instances"
}

resource "aws_ecs_cluster" "fleet" {
  count = local.own_cluster ? 1 : 0

  name = var.name
  tags = local.tags

  setting {
    name  = "containerInsights"
    value = var.container_insights
  }
}

# Managed instances belong to their cluster from the start; ECS refuses to attach them again.
resource "aws_ecs_cluster_capacity_providers" "fleet" {
  count = local.own_cluster && !local.makes_managed ? 1 : 0

  cluster_name       = aws_ecs_cluster.fleet[0].name
  capacity_providers = compact([local.providers.on_demand, local.spot || var.compute.kind == "fargate" ? local.providers.spot : ""])
}

# The nodes find each other, and relays find the nodes, under nodes.<namespace>.
resource "aws_service_discovery_service" "nodes" {
  count = var.service_discovery == null ? 0 : 1

  name = var.name
  tags = local.tags

  dns_config {
    namespace_id   = var.service_discovery.namespace_id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 10
    }
  }
}
