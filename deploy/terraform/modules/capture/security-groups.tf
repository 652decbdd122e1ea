# Least openness: agents reach the balancer, the balancer reaches the nodes, nodes reach the database,
# AWS and nothing else. With source addresses kept, the nodes' group still sees the balancer's group.

resource "aws_security_group" "balancer" {
  name        = "${var.name}-balancer"
  description = "HEP from the SIP servers"
  vpc_id      = var.network.vpc_id
  tags        = local.tags
}

resource "aws_security_group" "nodes" {
  name        = "${var.name}-nodes"
  description = "Calliope capture nodes"
  vpc_id      = var.network.vpc_id
  tags        = local.tags
}

locals {
  listeners = merge(
    {
      udp = { protocol = "udp", port = local.ports.udp }
      tcp = { protocol = "tcp", port = local.ports.tcp }
    },
    var.tls == null ? {} : { tls = { protocol = "tcp", port = local.ports.tls } }
  )
  from_senders = merge([
    for name, listener in local.listeners : {
      for cidr in var.network.sender_cidrs : "${name} ${cidr}" => merge(listener, { cidr = cidr })
    }
  ]...)
  to_nodes = {
    udp    = { protocol = "udp", port = local.ports.udp }
    tcp    = { protocol = "tcp", port = local.ports.tcp }
    health = { protocol = "tcp", port = local.ports.http }
  }
}

resource "aws_vpc_security_group_ingress_rule" "senders" {
  for_each = local.from_senders

  security_group_id = aws_security_group.balancer.id
  description       = "HEP ${each.key}"
  ip_protocol       = each.value.protocol
  from_port         = each.value.port
  to_port           = each.value.port
  cidr_ipv4         = strcontains(each.value.cidr, ":") ? null : each.value.cidr
  cidr_ipv6         = strcontains(each.value.cidr, ":") ? each.value.cidr : null
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "balancer_to_nodes" {
  for_each = local.to_nodes

  security_group_id            = aws_security_group.balancer.id
  description                  = "To the nodes: ${each.key}"
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port
  referenced_security_group_id = aws_security_group.nodes.id
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "nodes_from_balancer" {
  for_each = local.to_nodes

  security_group_id            = aws_security_group.nodes.id
  description                  = "From the balancer: ${each.key}"
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port
  referenced_security_group_id = aws_security_group.balancer.id
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "nodes_from_admins" {
  for_each = toset(var.network.admin_cidrs)

  security_group_id = aws_security_group.nodes.id
  description       = "API, health and metrics"
  ip_protocol       = "tcp"
  from_port         = local.ports.http
  to_port           = local.ports.http
  cidr_ipv4         = strcontains(each.value, ":") ? null : each.value
  cidr_ipv6         = strcontains(each.value, ":") ? each.value : null
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "nodes_to_https" {
  for_each = toset(var.network.https_egress_cidrs)

  security_group_id = aws_security_group.nodes.id
  description       = "Image, secrets, logs, hand-over: AWS over HTTPS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = each.value
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "nodes_to_database" {
  count = length(var.database.security_group_ids)

  security_group_id            = aws_security_group.nodes.id
  description                  = "PostgreSQL"
  ip_protocol                  = "tcp"
  from_port                    = var.database.port
  to_port                      = var.database.port
  referenced_security_group_id = var.database.security_group_ids[count.index]
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "nodes_to_database_networks" {
  for_each = toset(var.database.cidrs)

  security_group_id = aws_security_group.nodes.id
  description       = "PostgreSQL"
  ip_protocol       = "tcp"
  from_port         = var.database.port
  to_port           = var.database.port
  cidr_ipv4         = each.value
  tags              = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "database_from_nodes" {
  count = length(var.database.security_group_ids)

  security_group_id            = var.database.security_group_ids[count.index]
  description                  = "PostgreSQL from the ${var.name} nodes"
  ip_protocol                  = "tcp"
  from_port                    = var.database.port
  to_port                      = var.database.port
  referenced_security_group_id = aws_security_group.nodes.id
  tags                         = local.tags
}
