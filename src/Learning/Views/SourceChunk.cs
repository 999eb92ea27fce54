using CoKe.Learning.Images;
using TorchSharp;
using static TorchSharp.torch;

namespace CoKe.Learning.Views;

/// <summary>
/// Some images of a mini-batch that are worked on together. On a CPU a chunk fits into the caches, which makes the passes over it several
/// times faster; on other devices it is large, to keep them busy. Images of like size go together, because the smaller ones are padded to
/// the largest of their chunk.
/// </summary>
readonly record struct SourceChunk(int[] Images, int Height, int Width)
{
    const int CpuValues = 1 << 17,
        DeviceValues = 1 << 26;

    /// <summary>Cuts a mini-batch into chunks.</summary>
    /// <param name="batch">The mini-batch.</param>
    /// <param name="largestView">Pixels of the largest view.</param>
    /// <param name="device">Where chunks are worked on.</param>
    /// <param name="padded">Whether images of different sizes may go together.</param>
    public static IEnumerable<SourceChunk> Of(ImageBatch batch, int largestView, Device device, bool padded)
    {
        var most = device.type == DeviceType.CPU ? CpuValues : DeviceValues;
        // Stable.
        var order = Enumerable.Range(0, batch.Count).OrderBy(i => batch.Sizes[i].Height).ThenBy(i => batch.Sizes[i].Width).ToArray();
        for (var start = 0; start < order.Length;)
        {
            var (end, height, width) = (start, 0, 0);
            while (end < order.Length)
            {
                var size = batch.Sizes[order[end]];
                var (h, w) = (Math.Max(height, size.Height), Math.Max(width, size.Width));
                var values = (long)(end - start + 1) * batch.Channels * Math.Max((long)h * w, largestView);
                if (end > start && (values > most || (!padded && size != batch.Sizes[order[start]])))
                    break;
                (height, width, end) = (h, w, end + 1);
            }
            yield return new SourceChunk(order[start..end], height, width);
            start = end;
        }
    }

    /// <summary>The images as bytes [n, c, h, w], padded with zeros below and to the right.</summary>
    public Tensor ToTensor(ImageBatch batch, Device device)
    {
        var (count, channels, plane) = (Images.Length, batch.Channels, Height * Width);
        var first = Images[0];
        var size = new ImageSize(Height, Width);
        // Neighbors of one size lie in the buffer as they should in the tensor.
        if (Images[^1] - first == count - 1 && Images.All(i => batch.Sizes[i] == size))
            return frombuffer(batch.Pixels, ScalarType.Byte, count * (long)channels * plane, batch.Offsets[first])
                .view(count, channels, Height, Width)
                .to(device);
        var canvas = new byte[checked(count * channels * plane)];
        for (var i = 0; i < count; i++)
        {
            var own = batch.Sizes[Images[i]];
            var image = batch[Images[i]];
            for (var channel = 0; channel < channels; channel++)
                for (var row = 0; row < own.Height; row++)
                    image
                        .Slice((channel * own.Height + row) * own.Width, own.Width)
                        .CopyTo(canvas.AsSpan((i * channels + channel) * plane + row * Width));
        }
        return frombuffer(canvas, ScalarType.Byte).view(count, channels, Height, Width).to(device);
    }
}
