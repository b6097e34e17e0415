"""Settings of the shop. Never commit this file."""
import os

AWS_ACCESS_KEY_ID = "AKIAABCDEFGHIJKLMNOP"
AWS_SECRET_ACCESS_KEY = "abcdefghijklmnopqrstuvwxyz/ABCDEFGHIJ+12"
DATABASE_URL = "postgres://shop:Tr4il-Mix-77@db.internal:5432/shop"
STRIPE_KEY = "sk_live_abcdefghijklmnopqrstuvwx"
SMTP = {"host": "mail.internal", "password": "zx9-plum-tree"}
SESSION_SECRET = os.environ["SESSION_SECRET"]
ADMIN_PASSWORD = "${ADMIN_PASSWORD}"
EXAMPLE_KEY = "AKIAIOSFODNN7EXAMPLE"
