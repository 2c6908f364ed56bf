"""What matplotlib draws, as vector shapes that a browser's canvas can paint."""

import base64
from functools import lru_cache
from itertools import groupby

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_hex
from matplotlib.path import Path
from matplotlib.transforms import Affine2D

UNITS = 10  # to a pixel: whole tenths keep messages small and edges smooth
FAR = 1e6  # beyond this a coordinate is off every page, and a canvas has lost its precision
COMMANDS = {Path.LINETO: ("l", 1), Path.CURVE3: ("q", 2), Path.CURVE4: ("c", 3)}  # letter, points of one command
CAPS = {"butt": "butt", "projecting": "square", "round": "round"}


class Recorder(RendererBase):
    """Collects what is drawn on it in `shapes`, a list of JSON-ready dicts. An absent key means "none".

    d: outline as SVG path data, moved by at, [x, y].  fill: "#rrggbbaa".  stroke: "#rrggbbaa", line: its width
    and so on, as properties of a canvas, dash: [on, off, ...].
    hatch: [outline of one tile, side of the tile, "#rrggbbaa", width].  clip: [outline, ...] to stay inside of.
    image: [base64 of RGBA rows, columns, rows], placed by matrix, the six numbers of a canvas transform.

    Lengths are whole tenths of a pixel; y points down and starts at the upper edge.
    """

    def __init__(self, width, height, dpi):
        """width, height: of the figure, in pixels."""
        super().__init__()
        self.width, self.height, self.dpi = width, height, dpi
        self.shapes = []
        self._tile = lru_cache(100)(self._tile)

    def get_canvas_width_height(self):
        return self.width, self.height

    def points_to_pixels(self, points):
        return points * self.dpi / 72

    def flipy(self):
        return False  # text comes with y up like everything else, and _outline turns it all

    def option_scale_image(self):
        return True  # a 28 x 28 picture travels as 784 pixels and the browser enlarges it

    def draw_path(self, gc, path, transform, rgbFace=None):
        style = {}
        if fill := _colour(gc, rgbFace):
            style["fill"] = fill
        if (hatch := gc.get_hatch_path()) is not None:
            side, width = tenths(self.dpi, self.points_to_pixels(gc.get_hatch_linewidth()))
            style["hatch"] = [self._tile(hatch), side, to_hex(gc.get_hatch_color(), keep_alpha=True), width]
        # A curve that runs off the page can be cut there; a filled outline has to stay closed.
        width = self.points_to_pixels(gc.get_linewidth())
        page = None if style else (-width, -width, self.width + width, self.height + width)
        if width and (stroke := _colour(gc, gc.get_rgb())):
            line = {"lineWidth": tenths(width)[0], "lineCap": CAPS[gc.get_capstyle()], "lineJoin": gc.get_joinstyle()}
            style |= {"stroke": stroke, "line": line}
            offset, dashes = gc.get_dashes()
            if dashes is not None:
                line["lineDashOffset"], *style["dash"] = tenths(*map(self.points_to_pixels, (offset, *dashes)))
        outline = self._outline(path, transform, page, width if "stroke" in style else 0, gc.get_snap())
        if style and outline:
            self.shapes.append({"d": outline} | style | self._clip(gc))

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        outline = _words(self.dpi, s, prop.copy(), angle, ismath)
        fill = _colour(gc, gc.get_rgb())
        if outline and fill:
            self.shapes.append({"d": outline, "at": tenths(x, self.height - y), "fill": fill} | self._clip(gc))

    def draw_markers(self, *args, **kwargs):
        self._draw_as_few(super().draw_markers, args, kwargs)

    def draw_path_collection(self, *args, **kwargs):
        self._draw_as_few(super().draw_path_collection, args, kwargs)

    def draw_image(self, gc, x, y, im, transform=None):
        rows, columns = im.shape[:2]
        placed = Affine2D() if transform is None else Affine2D().scale(1 / columns, 1 / rows) + transform
        placed = placed + Affine2D().translate(x, y - self.height).scale(UNITS, -UNITS)
        pixels = base64.b64encode(np.ascontiguousarray(im).tobytes()).decode()
        matrix = placed.get_matrix()[:2].T.round(3).ravel().tolist()
        self.shapes.append({"image": [pixels, columns, rows], "matrix": matrix} | self._clip(gc))

    def _tile(self, hatch):
        return self._outline(hatch, Affine2D().scale(self.dpi).translate(0, self.height - self.dpi))

    def _draw_as_few(self, draw, args, kwargs):
        """A thousand arrows of one colour are one shape."""
        start = len(self.shapes)
        draw(*args, **kwargs)
        drawn, self.shapes[start:] = self.shapes[start:], []
        for style, alike in groupby(drawn, lambda shape: {key: shape[key] for key in shape if key != "d"}):
            outlines = [shape["d"] for shape in alike]
            paints = [style[key] for key in ("fill", "stroke") if key in style]
            # Where translucent or both filled and stroked shapes overlap, their order can be seen: those stay apart.
            if "hatch" not in style and len(paints) == 1 and paints[0].endswith("ff"):
                outlines = ["".join(outlines)]
            self.shapes += [{"d": outline} | style for outline in outlines]

    def _clip(self, gc):
        clip = []
        if (box := gc.get_clip_rectangle()) is not None:
            left, right, top, bottom = tenths(box.x0, box.x1, self.height - box.y1, self.height - box.y0)
            clip.append(f"M{left} {top}H{right}V{bottom}H{left}Z")
        path, transform = gc.get_clip_path()
        if path is not None:
            clip.append(self._outline(path, transform))
        return {"clip": clip} if clip else {}

    def _outline(self, path, transform, page=None, width=0, snap=False):
        path = path.cleaned(transform, True, page, simplify=None, curves=True, stroke_width=width, snap=snap)
        points = (path.vertices - (0, self.height)) * (UNITS, -UNITS)
        points = np.rint(points).clip(-FAR, FAR).astype(int).tolist()
        parts, last, left, here = [], None, 0, (0, 0)
        for code, (x, y) in zip(path.codes.tolist(), points, strict=True):
            if code == Path.STOP:
                break
            if code == Path.CLOSEPOLY:
                parts.append("Z")
            elif code == Path.MOVETO:
                parts.append(f"M{x} {y}")
                here = x, y
            else:  # relative to where the command starts, for small numbers are short
                letter, points_each = COMMANDS[code]
                parts.append(f"{' ' if code == last else letter}{x - here[0]} {y - here[1]}")
                left = (left or points_each) - 1
                if not left:
                    here = x, y
            last = code
        return "".join(parts)


@lru_cache(5000)
def _words(dpi, s, prop, angle, ismath):
    """The outline of a text that starts in the corner: the same numbers come again, and glyphs are slow to get."""
    page = Recorder(0, 0, dpi)
    RendererBase.draw_text(page, page.new_gc(), 0, 0, s, prop, angle, ismath)
    return "".join(shape["d"] for shape in page.shapes)


def tenths(*pixels):
    """Lengths in pixels as whole tenths."""
    return [round(length * UNITS) for length in pixels]


def _colour(gc, rgb):
    """As "#rrggbbaa"; None where nothing would be seen."""
    if rgb is None:
        return None
    alpha = gc.get_alpha() if gc.get_forced_alpha() or len(rgb) == 3 else rgb[3]
    return to_hex((*rgb[:3], alpha), keep_alpha=True) if alpha else None
