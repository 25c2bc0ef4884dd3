# A gateway as one writes it with FastAPI: orjson, the asynchronous gRPC client, raw request and response. uvicorn starts it.
from contextlib import asynccontextmanager

import grpc
from fastapi import FastAPI, Request, Response
from tensorflow_serving.apis import predict_pb2

from messages import OPTIONS, PREDICT, TARGET, to_json, to_request


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with grpc.aio.insecure_channel(TARGET, options=OPTIONS) as channel:
        app.state.predict = channel.unary_unary(
            PREDICT,
            request_serializer=predict_pb2.PredictRequest.SerializeToString,
            response_deserializer=predict_pb2.PredictResponse.FromString,
        )
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/v1/models/{model}:predict")
async def predict(model: str, request: Request) -> Response:
    answer = await app.state.predict(to_request(model, await request.body()), timeout=30)
    return Response(to_json(answer), media_type="application/json")
