"""What a program in Python does with a bucket, by every way in which boto3 does it. Ends at the first thing that is not as it should be.

boto3-client.py ENDPOINT BUCKET FOLDER_OF_THE_CHANGED_FILES FOLDER_TO_DOWNLOAD_TO
"""

import os
import sys
from urllib.request import Request, urlopen

import boto3
from boto3.s3.transfer import TransferConfig

endpoint, bucket, changed, local = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="auto")
MEBIBYTE = 1024 * 1024
IN_PARTS = TransferConfig(multipart_threshold=5 * MEBIBYTE, multipart_chunksize=5 * MEBIBYTE)
METADATA = {"made-by": "boto3"}


def read(path):
    with open(os.path.join(changed, path), "rb") as file:
        return file.read()


def keys(operation):
    pages = s3.get_paginator(operation).paginate(Bucket=bucket, PaginationConfig={"PageSize": 7})
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def expect(found, wanted):
    if found != wanted:
        raise SystemExit(f"found {found!r}, wanted {wanted!r}")


# Keys that nothing has read yet, by every way to write.
s3.upload_file(
    os.path.join(changed, "new/in parts.bin"),
    bucket,
    "new/in parts.bin",
    ExtraArgs={"Metadata": METADATA, "ContentType": "application/x-parts"},
    Config=IN_PARTS,
)
head = s3.head_object(Bucket=bucket, Key="new/in parts.bin")
expect((head["Metadata"], head["ContentType"]), (METADATA, "application/x-parts"))
s3.get_waiter("object_exists").wait(Bucket=bucket, Key="many/3")
s3.put_object(Bucket=bucket, Key="many/3", Body=read("many/3"))
with open(os.path.join(changed, "many/6"), "rb") as file:
    s3.upload_fileobj(file, bucket, "many/6")
url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "new/small.txt"})
expect(urlopen(Request(url, data=read("new/small.txt"), method="PUT")).status, 200)

removed = s3.delete_objects(
    Bucket=bucket, Delete={"Objects": [{"Key": "plain.txt"}, {"Key": "many/4"}, {"Key": "never there"}]}
)
expect(sorted(item["Key"] for item in removed["Deleted"]), ["many/4", "never there", "plain.txt"])
s3.get_waiter("object_not_exists").wait(Bucket=bucket, Key="plain.txt")

# A managed copy: of as much as this, part by part.
source = {"Bucket": bucket, "Key": "in one piece.bin"}
s3.copy(source, bucket, "renamed/large.bin", Config=IN_PARTS)
s3.delete_object(**source)
# Onto itself, as metadata are changed.
s3.copy_object(
    Bucket=bucket,
    Key="many/5",
    CopySource={"Bucket": bucket, "Key": "many/5"},
    Metadata=METADATA,
    MetadataDirective="REPLACE",
)
expect(s3.head_object(Bucket=bucket, Key="many/5")["Metadata"], METADATA)

listed = keys("list_objects_v2")
expect(keys("list_objects"), listed)
url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "percent%41/100%.txt"})
expect(urlopen(url).read(), read("percent%41/100%.txt"))
for key in listed:
    path = os.path.join(local, key)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    s3.download_file(bucket, key, path, Config=IN_PARTS)
