# Where a stopping node leaves what it could not store in time, until another node takes it over.

resource "aws_s3_bucket" "handover" {
  bucket        = "${var.name}-handover-${local.account}-${local.region}"
  force_destroy = var.handover.force_destroy
  tags          = local.tags
}

resource "aws_s3_bucket_public_access_block" "handover" {
  bucket                  = aws_s3_bucket.handover.bucket
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "handover" {
  bucket = aws_s3_bucket.handover.bucket

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "handover" {
  bucket = aws_s3_bucket.handover.bucket

  rule {
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "handover" {
  bucket = aws_s3_bucket.handover.bucket

  rule {
    id     = "what-nobody-took"
    status = "Enabled"

    filter {}

    expiration {
      days = var.handover.expire_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_policy" "handover" {
  bucket = aws_s3_bucket.handover.bucket

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.handover.arn, "${aws_s3_bucket.handover.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.handover]
}
