using CoKe.ConstrainedKMeans;

namespace CoKe.Learning.Views;

/// <summary>The color changes of one view and their order.</summary>
readonly record struct ColorJitter(ColorOrder Order, float Brightness, float Contrast, float Saturation, float Hue)
{
    /// <summary>Changes nothing.</summary>
    public static readonly ColorJitter None = new(default, 1, 1, 1, 0);

    public static ColorJitter Draw(ViewOptions options, SeededRandom random)
    {
        var happens = random.NextEvent(options.JitterProbability);
        var drawn = new ColorJitter(
            ColorOrder.Draw(random),
            random.NextFactor(options.Brightness),
            random.NextFactor(options.Contrast),
            random.NextFactor(options.Saturation),
            (float)random.NextAround(options.Hue)
        );
        return happens ? drawn : None;
    }
}

/// <summary>One of the four color changes.</summary>
public enum ColorChange
{
    /// <summary>Away from or towards black.</summary>
    Brightness,

    /// <summary>Away from or towards the mean gray.</summary>
    Contrast,

    /// <summary>Away from or towards each pixel's gray.</summary>
    Saturation,

    /// <summary>Around the color circle.</summary>
    Hue,
}

/// <summary>One of the 24 orders of the four color changes, two bits each; the default is that of <see cref="ColorChange"/>.</summary>
readonly record struct ColorOrder
{
    const byte InOrder = 0b11_10_01_00;
    readonly byte _difference; // from the order of the enum, so that the default is an order

    ColorOrder(byte bits) => _difference = (byte)(bits ^ InOrder);

    /// <summary>The change at <paramref name="step"/>, 0 to 3.</summary>
    public ColorChange this[int step] => (ColorChange)(((_difference ^ InOrder) >> (2 * step)) & 3);

    public static ColorOrder Of(ReadOnlySpan<ColorChange> changes)
    {
        var bits = 0;
        for (var step = 0; step < 4; step++)
            bits |= (int)changes[step] << (2 * step);
        return new ColorOrder((byte)bits);
    }

    public static ColorOrder Draw(SeededRandom random)
    {
        Span<ColorChange> changes = [ColorChange.Brightness, ColorChange.Contrast, ColorChange.Saturation, ColorChange.Hue];
        random.Shuffle(changes);
        return Of(changes);
    }
}
