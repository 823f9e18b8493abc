bucket       = "shop-terraform-state"
key          = "shop/terraform.tfstate"
region       = "eu-west-1"
use_lockfile = true

# The sandbox's, started with --port 4600; these lines go when the bucket is AWS's.
access_key              = "sandbox"
secret_key              = "sandbox"
use_path_style          = true
skip_metadata_api_check = true
endpoints               = { s3 = "http://127.0.0.1:4600", sts = "http://127.0.0.1:4600" }
