"""Reads what was posted to an OTLP endpoint with OpenTelemetry's own messages.

Standard input: `[{"path", "body" in base64}]`. Standard output: the spans and the metrics' points in plain JSON.
"""

import base64
import json
import sys

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def value(any_value):
    kind = any_value.WhichOneof("value")
    if kind == "array_value":
        return [value(one) for one in any_value.array_value.values]
    return getattr(any_value, kind)


def attributes(pairs):
    return {pair.key: value(pair.value) for pair in pairs}


found = {"resources": [], "spans": [], "metrics": []}
for posted in json.load(sys.stdin):
    body = base64.b64decode(posted["body"])
    if posted["path"] == "/v1/traces":
        request = ExportTraceServiceRequest.FromString(body)
        for of_resource in request.resource_spans:
            found["resources"].append(attributes(of_resource.resource.attributes))
            for of_scope in of_resource.scope_spans:
                for span in of_scope.spans:
                    found["spans"].append({
                        "name": span.name,
                        "kind": span.kind,
                        "milliseconds": (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6,
                        "status": span.status.code,
                        "attributes": attributes(span.attributes),
                    })
    elif posted["path"] == "/v1/metrics":
        request = ExportMetricsServiceRequest.FromString(body)
        for of_resource in request.resource_metrics:
            for of_scope in of_resource.scope_metrics:
                for metric in of_scope.metrics:
                    for point in metric.histogram.data_points:
                        found["metrics"].append({
                            "name": metric.name,
                            "unit": metric.unit,
                            "count": point.count,
                            "sum": point.sum,
                            "attributes": attributes(point.attributes),
                        })
    else:
        sys.exit(f"nothing is told at {posted['path']}")
print(json.dumps(found))
