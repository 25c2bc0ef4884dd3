# JSON to PredictRequest and PredictResponse to JSON, for both Python servers, by the fastest ways that are usual there.
import base64
import os

import numpy
import orjson
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import predict_pb2

TARGET = "unix:" + os.environ["MODEL_SOCKET"]
PREDICT = "/tensorflow.serving.PredictionService/Predict"
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
DTYPES = {types_pb2.DT_FLOAT: ("<f4", "float_val"), types_pb2.DT_INT32: ("<i4", "int_val")}


def to_request(model: str, body: bytes) -> predict_pb2.PredictRequest:
    instances = orjson.loads(body)["instances"]
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    tensor = request.inputs["x"]
    if isinstance(instances[0], dict):
        tensor.dtype = types_pb2.DT_STRING
        tensor.string_val.extend(base64.b64decode(one["b64"]) for one in instances)
        shape = (len(instances),)
    else:
        array = numpy.array(instances, dtype="<f4")
        tensor.dtype = types_pb2.DT_FLOAT
        tensor.tensor_content = array.tobytes()
        shape = array.shape
    for size in shape:
        tensor.tensor_shape.dim.add(size=size)
    return request


def to_json(response: predict_pb2.PredictResponse) -> bytes:
    tensor = response.outputs["y"]
    dtype, field = DTYPES[tensor.dtype]
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    values = numpy.frombuffer(tensor.tensor_content, dtype) if tensor.tensor_content else numpy.array(getattr(tensor, field), dtype)
    return orjson.dumps({"predictions": values.reshape(shape)}, option=orjson.OPT_SERIALIZE_NUMPY)
