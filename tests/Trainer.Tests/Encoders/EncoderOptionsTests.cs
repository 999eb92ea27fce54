using CoKe.Errors;
using CoKe.Learning.Encoders;

namespace CoKe.Trainer.Tests.Encoders;

public sealed class EncoderOptionsTests
{
    static readonly EncoderOptions Good = new()
    {
        Backbone = BackboneKind.ResNet18,
        Stem = Stem.Cifar,
        ImageHeight = 32,
        ImageWidth = 32,
    };

    public static TheoryData<string, object> Bad =>
        new()
        {
            { nameof(EncoderOptions.BaseWidth), Good with { BaseWidth = 0 } },
            { nameof(EncoderOptions.ProjectionLayers), Good with { ProjectionLayers = 4 } },
            { nameof(EncoderOptions.HiddenSize), Good with { HiddenSize = -1 } },
            { nameof(EncoderOptions.Dimension), Good with { Dimension = 1 } },
            { nameof(EncoderOptions.Channels), Good with { Channels = 0 } },
            { nameof(EncoderOptions.ImageHeight), Good with { ImageHeight = 0 } },
            { nameof(EncoderOptions.ImageWidth), Good with { ImageWidth = -3 } },
            { nameof(EncoderOptions.Precision), Good with { Precision = (Precision)7 } },
            { nameof(EncoderOptions.Backbone), Good with { Backbone = (BackboneKind)9 } },
            { nameof(EncoderOptions.Stem), Good with { Stem = null } },
            { nameof(EncoderOptions.Stem), Good with { Stem = Stem.ImageNet, ImageHeight = 28 } },
            { nameof(EncoderOptions.Stem), Good with { Backbone = BackboneKind.SmallNet } },
            {
                nameof(EncoderOptions.ZeroInitializedResidual),
                Good with
                {
                    Backbone = BackboneKind.SmallNet,
                    Stem = null,
                    ZeroInitializedResidual = true,
                }
            },
        };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Validate_BadOption_IsRefusedByName(string field, object options)
    {
        var e = Assert.Throws<InvalidOptionsException>(() =>
        {
            _ = new Encoder((EncoderOptions)options, seed: 1);
        });

        Assert.Equal(field, e.Field);
        Assert.StartsWith(field, e.Message);
    }

    [Fact]
    public void Validate_Good_IsAccepted() => Good.Validate();
}
