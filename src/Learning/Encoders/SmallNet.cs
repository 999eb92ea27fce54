using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoKe.Learning.Encoders;

/// <summary>
/// A small convolutional net for images of any size and number of channels. It is flattened without pooling: where something is in the
/// image stays visible, which small images need.
/// </summary>
sealed class SmallNet : Backbone
{
    readonly Sequential body;

    public SmallNet(EncoderOptions options, Norms norms)
        : base(nameof(SmallNet))
    {
        var w = options.BaseWidth;
        Channels = 2 * w;
        // Two convolutions of stride 2 leave ceil(ceil(s / 2) / 2) of a side s.
        (MapHeight, MapWidth) = ((options.ImageHeight + 3) / 4, (options.ImageWidth + 3) / 4);
        IEnumerable<Module<Tensor, Tensor>> Layer(int from, int to, int size, int stride) =>
            [new Convolution(from, to, size, stride, options.Precision), norms.Of2d(to), ReLU(inplace: true)];
        body = Sequential([
            .. Layer(options.Channels, w, size: 3, stride: 2),
            .. Layer(w, 2 * w, size: 3, stride: 2),
            .. Layer(2 * w, 4 * w, size: 3, stride: 1),
            .. Layer(4 * w, 2 * w, size: 1, stride: 1),
        ]);
        RegisterComponents();
    }

    public override int Channels { get; }

    public override int MapHeight { get; }

    public override int MapWidth { get; }

    public override Tensor forward(Tensor images) => body.call(images);
}
