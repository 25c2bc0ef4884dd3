# Writes test/fixtures/warmup/recorded, a TFRecord file of PredictionLogs as TensorFlow and TensorFlow Serving's own classes write it. Needs tensorflow and tensorflow-serving-api.
import os
import numpy
import tensorflow as tf
from tensorflow_serving.apis import classification_pb2, inference_pb2, input_pb2, model_pb2, predict_pb2, prediction_log_pb2, regression_pb2

path = os.path.join(os.path.dirname(__file__), '..', 'test', 'fixtures', 'warmup', 'recorded')


def spec(signature):
    return model_pb2.ModelSpec(name='half', signature_name=signature)


def examples(*values):
    features = [tf.train.Example(features=tf.train.Features(feature={'x': tf.train.Feature(float_list=tf.train.FloatList(value=[value]))})) for value in values]
    return input_pb2.Input(example_list=input_pb2.ExampleList(examples=features))


def predict(value):
    request = predict_pb2.PredictRequest(model_spec=spec('serving_default'), inputs={'x': tf.make_tensor_proto(value)})
    return prediction_log_pb2.PredictionLog(predict_log=prediction_log_pb2.PredictLog(request=request))


task = lambda signature: inference_pb2.InferenceTask(model_spec=spec(signature), method_name=f'tensorflow/serving/{signature}')
logs = [
    predict(numpy.array([1, 2, 5], numpy.float32)),
    predict(numpy.array([[b'a', b''], [b'\xff', b'longer']])),
    prediction_log_pb2.PredictionLog(classify_log=prediction_log_pb2.ClassifyLog(request=classification_pb2.ClassificationRequest(model_spec=spec('classify'), input=examples(1, 2)))),
    prediction_log_pb2.PredictionLog(regress_log=prediction_log_pb2.RegressLog(request=regression_pb2.RegressionRequest(model_spec=spec('regress'), input=examples(3)))),
    prediction_log_pb2.PredictionLog(multi_inference_log=prediction_log_pb2.MultiInferenceLog(request=inference_pb2.MultiInferenceRequest(tasks=[task('classify'), task('regress')], input=examples(4)))),
    prediction_log_pb2.PredictionLog(predict_streamed_log=prediction_log_pb2.PredictStreamedLog(request=[predict_pb2.PredictRequest(model_spec=spec('serving_default'))])),
    prediction_log_pb2.PredictionLog(session_run_log=prediction_log_pb2.SessionRunLog()),
    prediction_log_pb2.PredictionLog(),
]

os.makedirs(os.path.dirname(path), exist_ok=True)
with tf.io.TFRecordWriter(path) as writer:
    for log in logs:
        writer.write(log.SerializeToString(deterministic=True))
