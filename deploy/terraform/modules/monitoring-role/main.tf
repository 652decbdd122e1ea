# A role that a monitoring vendor's account may take, to read metrics and states and nothing else.

resource "aws_iam_role" "vendor" {
  name                 = var.name
  description          = "Monitoring vendor reads metrics and states"
  max_session_duration = 3600
  tags                 = merge({ application = "calliope" }, var.tags)

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:${data.aws_partition.here.partition}:iam::${var.vendor_account_id}:root" }
      Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
    }]
  })
}

resource "aws_iam_role_policy" "vendor" {
  name = "read"
  role = aws_iam_role.vendor.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Read" # describing and listing have no resource to be limited to
      Effect   = "Allow"
      Action   = sort(tolist(var.actions))
      Resource = ["*"]
    }]
  })
}

data "aws_partition" "here" {}
