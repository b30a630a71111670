-- What the documents need and Markdown cannot say: a filter that Pandoc runs between reading and writing.

local stringify = pandoc.utils.stringify

-- HTML: what may be wider than a phone scrolls in a box of its own. The box has a name and takes the
-- focus, so that it scrolls by keyboard and a screen reader says what it is.

local function box(make, content, class, name)
  -- A list of pairs, since the keys of a Lua table come in another order each time.
  local attributes = { { "tabindex", "0" }, { "role", "group" }, { "aria-label", name } }
  return make(content, pandoc.Attr("", { class }, attributes))
end

local heading

local title = {
  Meta = function(meta)
    heading = stringify(meta.title)
  end,
}

local html = {
  Header = function(header)
    heading = stringify(header)
  end,
  Table = function(grid)
    local caption = stringify(grid.caption.long)
    return box(pandoc.Div, { grid }, "table", "Table: " .. (caption ~= "" and caption or heading))
  end,
  Math = function(math)
    if math.mathtype == "DisplayMath" then
      return box(pandoc.Span, { math }, "formula", "Formula")
    end
  end,
}

-- PDF: Pandoc drops the words for a reader who cannot see a picture; Typst can hold them. The contents
-- come after what stands before the first heading.

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0") .. '"'
end

local typst = {
  Image = function(image)
    local alt = image.attributes.alt or stringify(image.caption)
    return pandoc.RawInline("typst", "#picture(" .. quoted(image.src) .. ", " .. quoted(alt) .. ")")
  end,
  Pandoc = function(document)
    local _, first = document.blocks:find_if(function(block)
      return block.t == "Header"
    end)
    if first then
      document.blocks:insert(first, pandoc.RawBlock("typst", "#contents"))
    end
    return document
  end,
}

return FORMAT == "typst" and { typst } or { title, html }
