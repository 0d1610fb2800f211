"""An OTLP receiver made of the official generated messages: prints every request as a line of JSON. Ports are chosen freely and printed first."""
import gzip
import json
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs, logs_service_pb2_grpc as logs_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics, metrics_service_pb2_grpc as metrics_grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces, trace_service_pb2_grpc as traces_grpc

lock = threading.Lock()


def say(signal, protocol, request):
    with lock:
        print(json.dumps({"signal": signal, "protocol": protocol, "body": MessageToDict(request, preserving_proto_field_name=True)}), flush=True)


class Http(BaseHTTPRequestHandler):
    kinds = {
        "/v1/traces": ("traces", traces.ExportTraceServiceRequest, traces.ExportTraceServiceResponse),
        "/v1/metrics": ("metrics", metrics.ExportMetricsServiceRequest, metrics.ExportMetricsServiceResponse),
        "/v1/logs": ("logs", logs.ExportLogsServiceRequest, logs.ExportLogsServiceResponse),
    }

    def do_POST(self):
        signal, request, response = self.kinds[self.path]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        message = request()
        message.ParseFromString(body)
        say(signal, "http", message)
        answer = response().SerializeToString()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class Traces(traces_grpc.TraceServiceServicer):
    def Export(self, request, context):
        say("traces", "grpc", request)
        return traces.ExportTraceServiceResponse()


class Metrics(metrics_grpc.MetricsServiceServicer):
    def Export(self, request, context):
        say("metrics", "grpc", request)
        return metrics.ExportMetricsServiceResponse()


class Logs(logs_grpc.LogsServiceServicer):
    def Export(self, request, context):
        say("logs", "grpc", request)
        return logs.ExportLogsServiceResponse()


server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
traces_grpc.add_TraceServiceServicer_to_server(Traces(), server)
metrics_grpc.add_MetricsServiceServicer_to_server(Metrics(), server)
logs_grpc.add_LogsServiceServicer_to_server(Logs(), server)
grpc_port = server.add_insecure_port("127.0.0.1:0")
server.start()
http = ThreadingHTTPServer(("127.0.0.1", 0), Http)
print(json.dumps({"http": http.server_port, "grpc": grpc_port}), flush=True)
http.serve_forever()
