using static TorchSharp.torch;

namespace CoKe.Learning.Views;

/// <summary>
/// Linear maps of an image that work on rows and columns apart, as two matrices per image: out = V x Hᵀ. Resizing and blurring are such
/// maps. Dense products waste multiplications by zero, yet batched ones run near the peak of any device, and each image can have matrices
/// of its own.
/// </summary>
static class SeparableMap
{
    /// <param name="images">[n, c, h, w], contiguous.</param>
    /// <param name="vertical">[n, rows, h].</param>
    /// <param name="horizontal">[n, columns, w].</param>
    /// <returns>[n, c, rows, columns].</returns>
    public static Tensor Apply(Tensor images, Tensor vertical, Tensor horizontal)
    {
        var (n, c, h, w) = (images.shape[0], images.shape[1], images.shape[2], images.shape[3]);
        var columns = horizontal.shape[1];
        var across = images.view(n, c * h, w).bmm(horizontal.transpose(1, 2));
        return c == 1 ? vertical.bmm(across).view(n, 1, -1, columns) : vertical.unsqueeze(1).matmul(across.view(n, c, h, columns));
    }
}
