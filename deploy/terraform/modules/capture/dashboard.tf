# The dashboard that deploy/dashboards has for CloudWatch, with this fleet's names in it. Taken from the repository this
# module lies in: a module copied out of it needs `dashboard_template`, or null for none.

locals {
  dashboard_template = var.dashboard_template == "" ? "${path.module}/../../../dashboards/cloudwatch-calliope.json" : var.dashboard_template
}

resource "aws_cloudwatch_dashboard" "fleet" {
  count = var.dashboard_template == null ? 0 : 1

  dashboard_name = var.name
  dashboard_body = templatefile(local.dashboard_template, {
    cluster       = local.cluster_name
    service       = aws_ecs_service.capture.name
    load_balancer = aws_lb.capture.arn_suffix
    region        = local.region
  })
}
