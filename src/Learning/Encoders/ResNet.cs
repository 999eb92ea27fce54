using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace CoKe.Learning.Encoders;

/// <summary>
/// ResNet-18 and ResNet-50 (He et al.): layers, names and initial distributions as torchvision's, so that weights move both ways. The
/// classifier is left out: the map ends in global average pooling. A base width other than 64 scales every layer.
/// </summary>
sealed class ResNet : Backbone
{
    readonly Convolution conv1;
    readonly BatchNorm bn1;
    readonly MaxPool2d? maxpool;
    readonly Sequential layer1,
        layer2,
        layer3,
        layer4;
    readonly AdaptiveAvgPool2d avgpool;

    public ResNet(EncoderOptions options, Norms norms)
        : base(nameof(ResNet))
    {
        var (w, p) = (options.BaseWidth, options.Precision);
        var deep = options.Backbone == BackboneKind.ResNet50;
        if (options.Stem == Stem.ImageNet)
        {
            conv1 = new Convolution(options.Channels, w, size: 7, stride: 2, p);
            maxpool = MaxPool2d(kernel_size: 3, stride: 2, padding: 1);
        }
        else
            conv1 = new Convolution(options.Channels, w, size: 3, stride: 1, p);
        bn1 = norms.Of2d(w);
        var from = w;
        Sequential Layer(int width, int blocks, int stride)
        {
            List<ResidualBlock> layer = [];
            for (var i = 0; i < blocks; i++)
            {
                ResidualBlock block = deep
                    ? new Bottleneck(from, width, i == 0 ? stride : 1, p, norms)
                    : new BasicBlock(from, width, i == 0 ? stride : 1, p, norms);
                from = block.Channels;
                layer.Add(block);
            }
            return Sequential(layer);
        }
        layer1 = Layer(w, deep ? 3 : 2, stride: 1);
        layer2 = Layer(2 * w, deep ? 4 : 2, stride: 2);
        layer3 = Layer(4 * w, deep ? 6 : 2, stride: 2);
        layer4 = Layer(8 * w, deep ? 3 : 2, stride: 2);
        avgpool = AdaptiveAvgPool2d(1);
        Channels = from;
        RegisterComponents();
        Initialize(options.ZeroInitializedResidual);
    }

    public override int Channels { get; }

    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = functional.relu(bn1.call(conv1.call(images)), inplace: true);
        if (maxpool is not null)
            x = maxpool.call(x);
        x = layer4.call(layer3.call(layer2.call(layer1.call(x))));
        return avgpool.call(x).MoveToOuterDisposeScope();
    }

    /// <summary>Convolutions: normal with variance 2 / fan out. Batch normalization: weight 1, bias 0, as it comes.</summary>
    void Initialize(bool zeroResidual)
    {
        using var _ = no_grad();
        foreach (var weight in parameters().Where(p => p.dim() == 4))
            init.kaiming_normal_(weight, mode: init.FanInOut.FanOut, nonlinearity: init.NonlinearityType.ReLU);
        if (zeroResidual)
            foreach (var block in modules().OfType<ResidualBlock>())
                init.zeros_(block.LastNorm.weight);
    }
}
