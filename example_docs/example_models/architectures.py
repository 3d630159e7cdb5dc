"""Architectures at their published sizes, or at sizes that are usual for them."""

import keras
from keras import layers, ops


def inception_v3():
    """Build InceptionV3 of 2015."""
    return keras.applications.InceptionV3(weights=None)


def resnet152():
    """Build ResNet152: stages of a bottleneck block each that repeats up to 35 times."""
    return keras.applications.ResNet152(weights=None)


def xception():
    """Build Xception of 2016."""
    return keras.applications.Xception(weights=None)


def efficientnet_b0():
    """Build EfficientNetB0 of 2019."""
    return keras.applications.EfficientNetB0(weights=None)


def efficientnet_v2l():
    """Build EfficientNetV2L: fused and inverted bottlenecks in seven stages."""
    return keras.applications.EfficientNetV2L(weights=None)


def densenet121():
    """Build DenseNet121 of 2016."""
    return keras.applications.DenseNet121(weights=None)


def convnext_tiny():
    """Build ConvNeXtTiny of 2022."""
    return keras.applications.ConvNeXtTiny(weights=None)


def unet(size=256, filters=(64, 128, 256, 512), classes=2):
    """Build a U-Net with two convolutions at each of five resolutions."""

    def twice(x, count):
        x = layers.Conv2D(count, 3, padding="same", activation="relu")(x)
        return layers.Conv2D(count, 3, padding="same", activation="relu")(x)

    x = image = keras.Input((size, size, 1), name="image")
    stages = []
    for count in filters:
        x = twice(x, count)
        stages.append(x)
        x = layers.MaxPooling2D(2)(x)
    x = twice(x, 2 * filters[-1])
    for count, stage in zip(reversed(filters), reversed(stages), strict=True):
        x = layers.Conv2DTranspose(count, 2, strides=2)(x)
        x = twice(layers.Concatenate()([stage, x]), count)
    return keras.Model(image, layers.Conv2D(classes, 1, activation="softmax", name="mask")(x), name="unet")


class PositionEmbedding(layers.Layer):
    """Add a learned vector for each position."""

    def build(self, shape):
        self.positions = self.add_weight(shape=shape[1:], name="positions")

    def call(self, x):
        return x + self.positions


class ClassToken(layers.Layer):
    """Put a learned vector before the others."""

    def build(self, shape):
        self.token = self.add_weight(shape=(1, 1, shape[-1]), name="token")

    def call(self, x):
        return ops.concatenate([ops.tile(self.token, (ops.shape(x)[0], 1, 1)), x], axis=1)


def bert(blocks=12, width=768, heads=12, length=128, vocabulary=30522):
    """Build an encoder of the size of BERT base, with its mask of padding."""
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    segments = keras.Input((length,), dtype="int32", name="segments")
    padding = keras.Input((1, length), dtype="bool", name="padding_mask")
    x = layers.Add()([layers.Embedding(vocabulary, width)(tokens), layers.Embedding(2, width)(segments)])
    x = layers.Dropout(0.1)(layers.LayerNormalization()(PositionEmbedding()(x)))
    for _ in range(blocks):
        attended = layers.MultiHeadAttention(heads, width // heads)(x, x, attention_mask=padding)
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dropout(0.1)(attended)]))
        fed = layers.Dense(width)(layers.Dense(4 * width, activation="gelu")(x))
        x = layers.LayerNormalization()(layers.Add()([x, layers.Dropout(0.1)(fed)]))
    pooled = layers.Dense(width, activation="tanh", name="pooler")(x[:, 0])
    return keras.Model([tokens, segments, padding], [x, pooled], name="bert")


def pre_norm_block(x, width, heads, causal=False):
    """Attend and feed forward, each after a normalization and beside a skip connection."""
    normal = layers.LayerNormalization()(x)
    attended = layers.MultiHeadAttention(heads, width // heads)(normal, normal, use_causal_mask=causal)
    x = layers.Add()([x, layers.Dropout(0.1)(attended)])
    fed = layers.Dense(4 * width, activation="gelu")(layers.LayerNormalization()(x))
    return layers.Add()([x, layers.Dropout(0.1)(layers.Dense(width)(fed))])


def gpt(blocks=12, width=768, heads=12, length=1024, vocabulary=50257):
    """Build a decoder of the size of the smallest GPT-2."""
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    x = layers.Dropout(0.1)(PositionEmbedding()(layers.Embedding(vocabulary, width)(tokens)))
    for _ in range(blocks):
        x = pre_norm_block(x, width, heads, causal=True)
    logits = layers.Dense(vocabulary, use_bias=False, name="logits")(layers.LayerNormalization()(x))
    return keras.Model(tokens, logits, name="gpt")


def vit(blocks=12, width=768, heads=12, size=224, patch=16, classes=1000):
    """Build a vision transformer of the size of ViT-B/16."""
    image = keras.Input((size, size, 3), name="image")
    x = layers.Conv2D(width, patch, strides=patch, name="patches")(image)
    x = PositionEmbedding()(ClassToken()(layers.Reshape((-1, width))(x)))
    for _ in range(blocks):
        x = pre_norm_block(x, width, heads)
    x = layers.LayerNormalization()(x)
    return keras.Model(image, layers.Dense(classes, name="head")(x[:, 0]), name="vit")


class TimeEmbedding(layers.Layer):
    """Turn a time into sines and cosines."""

    def __init__(self, width, **others):
        super().__init__(**others)
        self.width = width

    def call(self, time):
        angles = time * ops.exp(ops.linspace(0.0, 7.0, self.width // 2))
        return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)


def diffusion_unet(size=64, widths=(64, 128, 256), blocks=2):
    """Build a U-Net that removes noise from images: residual blocks that know the time, attention where it is small."""

    def residual(x, count):
        short = x if x.shape[-1] == count else layers.Conv2D(count, 1)(x)
        x = layers.Conv2D(count, 3, padding="same")(layers.Activation("swish")(layers.GroupNormalization(8)(x)))
        x = layers.Add()([x, layers.Reshape((1, 1, count))(layers.Dense(count)(time))])
        x = layers.Conv2D(count, 3, padding="same")(layers.Activation("swish")(layers.GroupNormalization(8)(x)))
        return layers.Add()([short, x])

    def attend(x):
        normal = layers.GroupNormalization(8)(x)
        return layers.Add()([x, layers.MultiHeadAttention(4, x.shape[-1] // 4, attention_axes=(1, 2))(normal, normal)])

    noisy, step = keras.Input((size, size, 3), name="noisy"), keras.Input((1,), name="time")
    time = layers.Dense(256, activation="swish")(TimeEmbedding(64)(step))
    time = layers.Dense(256, activation="swish")(time)
    x = layers.Conv2D(widths[0], 3, padding="same")(noisy)
    stages = []
    for width in widths:
        for _ in range(blocks):
            x = residual(x, width)
        if width == widths[-1]:
            x = attend(x)
        stages.append(x)
        x = layers.Conv2D(width, 3, strides=2, padding="same")(x)
    x = residual(attend(residual(x, widths[-1])), widths[-1])
    for width, stage in zip(reversed(widths), reversed(stages), strict=True):
        x = layers.Conv2D(width, 3, padding="same")(layers.UpSampling2D()(x))
        x = layers.Concatenate()([x, stage])
        for _ in range(blocks):
            x = residual(x, width)
    x = layers.Activation("swish")(layers.GroupNormalization(8)(x))
    return keras.Model([noisy, step], layers.Conv2D(3, 3, padding="same", name="noise")(x), name="diffusion_unet")


def translator(vocabulary=20_000, width=256, length=40):
    """Build an LSTM encoder-decoder for translation, whose decoder attends to the encoder."""
    source = keras.Input((length,), dtype="int32", name="source")
    x = layers.Embedding(vocabulary, width)(source)
    encoded, *state = layers.LSTM(2 * width, return_sequences=True, return_state=True, name="encoder")(x)
    target = keras.Input((length,), dtype="int32", name="target")
    y = layers.Embedding(vocabulary, width)(target)
    y = layers.LSTM(2 * width, return_sequences=True, name="decoder")(y, initial_state=state)
    context = layers.Attention(name="attention")([y, encoded])
    y = layers.Dense(width, activation="tanh")(layers.Concatenate()([y, context]))
    return keras.Model(
        [source, target], layers.Dense(vocabulary, activation="softmax", name="words")(y), name="translator"
    )


def wide_and_deep(categories=26, numbers=13, width=16):
    """Build a wide and deep model of clicks: an embedding for each category, and crossed features beside them."""
    numeric = keras.Input((numbers,), name="numeric")
    crossed = keras.Input((2000,), name="crossed")
    inputs = [keras.Input((1,), dtype="int32", name=f"category_{i + 1}") for i in range(categories)]
    embedded = [layers.Flatten()(layers.Embedding(10_000, width)(each)) for each in inputs]
    deep = layers.Concatenate()([numeric, *embedded])
    for units in (1024, 512, 256):
        deep = layers.Dense(units, activation="relu")(deep)
    both = layers.Add()([layers.Dense(1, name="deep")(deep), layers.Dense(1, name="wide")(crossed)])
    click = layers.Activation("sigmoid", name="click")(both)
    return keras.Model([crossed, numeric, *inputs], click, name="wide_and_deep")


def detector(size=256, classes=20, anchors=9):
    """Build a detector with one backbone and two heads: where things are, and what they are."""
    x = image = keras.Input((size, size, 3), name="image")
    for filters in (32, 64, 128, 256):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    outputs = []
    for name, each in ("boxes", 4), ("classes", classes):
        y = x
        for _ in range(4):
            y = layers.Conv2D(256, 3, padding="same", activation="relu")(y)
        y = layers.Conv2D(anchors * each, 3, padding="same", name=f"{name}_map")(y)
        outputs.append(layers.Reshape((-1, each), name=name)(y))
    return keras.Model(image, outputs, name="detector")


class Sampling(layers.Layer):
    """Draw a code from a normal distribution of a mean and the logarithm of a variance."""

    def call(self, mean, log_variance):
        return mean + ops.exp(log_variance / 2) * keras.random.normal(ops.shape(mean))


def vae(code=16):
    """Build a variational autoencoder of handwritten digits."""
    image = keras.Input((28, 28, 1), name="image")
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(image)
    x = layers.Conv2D(64, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    z = Sampling(name="sampling")(layers.Dense(code, name="mean")(x), layers.Dense(code, name="log_variance")(x))
    x = layers.Reshape((7, 7, 64))(layers.Dense(7 * 7 * 64, activation="relu")(z))
    x = layers.Conv2DTranspose(64, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="digit")(x)
    return keras.Model(image, x, name="vae")
