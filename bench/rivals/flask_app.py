# A gateway as one writes it with Flask: orjson, the gRPC client with threads. gunicorn starts it.
import grpc
from flask import Flask, Response, request
from tensorflow_serving.apis import predict_pb2

from messages import OPTIONS, PREDICT, TARGET, to_json, to_request

app = Flask(__name__)
# Each worker imports this after its fork, so that the channel is its own.
call = grpc.insecure_channel(TARGET, options=OPTIONS).unary_unary(
    PREDICT,
    request_serializer=predict_pb2.PredictRequest.SerializeToString,
    response_deserializer=predict_pb2.PredictResponse.FromString,
)


@app.post("/v1/models/<model>:predict")
def predict(model: str) -> Response:
    answer = call(to_request(model, request.get_data()), timeout=30)
    return Response(to_json(answer), mimetype="application/json")
